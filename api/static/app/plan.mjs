/** The plan of a project: its initiatives, each with its phases in the order of their dependencies, and their tasks. */
import { get } from "./api.mjs";
import { Empty, Loading, Trouble } from "./bits.mjs";
import { useFollowed } from "./followed.mjs";
import { count, plural } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { isOfPlan } from "./hearing.mjs";
import { html, useEffect, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { Initiative } from "./initiative.mjs";
import { newInitiative } from "./nouns.mjs";
import { PhasePanel } from "./phase-panel.mjs";
import { createStore, useStore } from "./store.mjs";
import { stroll } from "./stroll.mjs";

const PAGE = 200;
/** So many are unfolded at first. */
const UNFOLDED = 3;
const REST_MS = 400;

/** Which initiatives are folded or unfolded by hand, for as long as the page. */
const folds = createStore(new Map());

export function Plan({ project, rest }) {
  const [shown, setShown] = useState(PAGE);
  const { data, error, loading, reload, again } = useFollowed(`plan/${project}`, (min_position) => get(["projects", project, "plan"], { limit: shown, min_position }), (event) => isOfPlan(event), REST_MS);
  useEffect(() => {
    if (shown > PAGE) reload();
  }, [shown]);
  const create = () => newInitiative(project, again);
  const [initiative, phase] = rest;
  return html`
    <div class="page page--wide plan" onKeyDown=${stroll}>
      <header class="page__head"><h2>Plan</h2>${data && data.count > 0 && html`<${Sums} all=${data} />`}
        <span class="toolbar__space"></span><button class="button button--primary" onClick=${create}><${Icon} name="plus" />New initiative</button></header>
      ${loading && html`<${Loading} lines=${6} what="the plan" />`}
      ${error && html`<${Trouble} error=${error} retry=${reload} />`}
      ${data && data.items.length === 0 && html`<${Nothing} create=${create} />`}
      ${data && html`<${Initiatives} items=${data.items} named=${initiative} reload=${again} />`}
      ${data && data.items.length < data.count && html`<button class="button" onClick=${() => setShown(2 * shown)}>Show more of ${plural(data.count, "initiative")}</button>`}
    </div>
    ${phase && html`<${PhasePanel} key=${phase} id=${phase} initiative=${initiative} project=${project} />`}
  `;
}

function Sums({ all }) {
  const sum = (name) => all.items.reduce((before, item) => before + item[name], 0);
  return html`<span class="page__count">${plural(all.count, "initiative")} · ${count(sum("phases_done"))} of ${plural(sum("phases"), "phase")} done · ${count(sum("tasks_done"))} of ${plural(sum("tasks"), "task")} done</span>`;
}

const isCurrent = ({ status }) => status === "active" || status === "pending_review";

/** What is unfolded at first stays so, whatever becomes of it; new ones are. */
function Initiatives({ items, named, reload }) {
  const byHand = useStore(folds);
  const [archived, setArchived] = useState(false);
  const [begun] = useState(() => ({ known: new Set(items.map(({ id }) => id)), open: new Set(items.filter(isCurrent).slice(0, UNFOLDED).map(({ id }) => id)) }));
  const isOpen = (id) => byHand.get(id) ?? (begun.open.has(id) || !begun.known.has(id) || id === named);
  const fold = (id) => folds.set(new Map(byHand).set(id, !isOpen(id)));
  const current = items.filter(({ status }) => status !== "archived");
  const old = items.filter(({ status }) => status === "archived");
  const list = (some) => some.map((initiative) => html`<${Guard} key=${initiative.id} of=${initiative} what=${initiative.name} as="section" className="initiative">
    <${Initiative} initiative=${initiative} open=${isOpen(initiative.id)} fold=${() => fold(initiative.id)} reload=${reload} /><//>`);
  return html`
    ${list(current)}
    ${old.length > 0 && html`<button class="button button--quiet" aria-expanded=${String(archived)} onClick=${() => setArchived(!archived)}><${Icon} name=${archived ? "down" : "right"} />${plural(old.length, "archived initiative")}</button>`}
    ${archived && list(old)}
  `;
}

const Nothing = ({ create }) => html`
  <${Empty} icon="plan" title="No initiatives">
    An initiative is a goal that is reached in phases, each with its tasks. Its phases are worked on in the order of their dependencies.
    <p class="empty__ways"><button class="button" onClick=${create}><${Icon} name="plus" />New initiative</button></p>
    Those of Codewalkers come with <code>workledger import codewalkers SOURCE</code>.<//>
`;
