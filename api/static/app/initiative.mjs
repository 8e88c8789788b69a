/** An initiative in the plan: how far it has come, its commands, and its phases step by step. */
import { Actions } from "./actions.mjs";
import { get } from "./api.mjs";
import { Badge, Done, Loading, Trouble } from "./bits.mjs";
import { useFollowed } from "./followed.mjs";
import { count, plural, stateName } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { isOfPlan } from "./hearing.mjs";
import { html, useMemo, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { newPhase } from "./nouns.mjs";
import { Phase, PlannedTask } from "./phase.mjs";

const SHOWN = 100;
const TONES = { active: "info", pending_review: "review", completed: "good", archived: "plain", in_progress: "info", blocked: "bad" };

export const StateBadge = ({ row }) => html`<${Badge} tone=${TONES[row.status] ?? "plain"}>${stateName(row)}<//>`;

export function Initiative({ initiative, open, fold, reload }) {
  const { id, name, phases, phases_done, tasks, tasks_done, branch } = initiative;
  return html`
    <section class=${`initiative initiative--${initiative.status}`} aria-labelledby=${`initiative-${id}`}>
      <header class="initiative__head" data-row>
        <h3 id=${`initiative-${id}`}><button class="fold" data-handle data-fold aria-expanded=${String(open)} onClick=${fold}><${Icon} name=${open ? "down" : "right"} /><span dir="auto">${name}</span></button></h3>
        <${StateBadge} row=${initiative} />
        <span class="initiative__facts">${plural(phases, "phase")}${phases > 0 && `, ${count(phases_done)} done`}${branch && html` · <code>${branch}</code>`}</span>
        <${Done} done=${tasks_done} of=${tasks} what=${name} />
        <${Actions} noun="initiatives" row=${initiative} shown=${["request-review", "approve", "request-changes"]} then=${reload} />
      </header>
      ${open && html`<${Phases} initiative=${initiative} reload=${reload} />`}
    </section>
  `;
}

function Phases({ initiative, reload: around }) {
  const { id } = initiative;
  const [shown, setShown] = useState(SHOWN);
  const { data, error, loading, reload, again } = useFollowed(`initiative/${id}`, (min_position) => get(["initiatives", id, "plan"], { min_position }), (event) => isOfPlan(event, id));
  const names = useMemo(() => new Map((data?.phases ?? []).map((phase) => [phase.id, phase])), [data]);
  if (loading) return html`<${Loading} lines=${3} what="the phases" />`;
  if (!data) return html`<${Trouble} error=${error} retry=${reload} />`;
  const changed = (position) => {
    again(position);
    around(position);
  };
  const steps = stepsOf(data.phases.slice(0, shown));
  return html`
    ${error && html`<${Trouble} error=${error} retry=${reload} />`}
    ${data.phases.length === 0 && html`<p class="initiative__none">No phases yet. A phase has a text, tasks, and phases that it comes after.</p>`}
    <ol class="steps">${steps.map(({ step, phases }) => html`<li key=${step} class="step">
      <span class="step__number" title=${phases.length > 1 ? "These can be worked on at once" : undefined}><span class="hidden">Step </span>${step}</span>
      <ul class="phases">${phases.map((phase) => html`<${Guard} key=${phase.id} of=${phase} what=${phase.name} as="li" className="phase">
        <${Phase} phase=${phase} phases=${names} initiative=${initiative} reload=${changed} /><//>`)}</ul></li>`)}</ol>
    ${data.phases.length > shown && html`<button class="button button--small" onClick=${() => setShown(shown + SHOWN)}>Show more of ${plural(data.phases.length, "phase")}</button>`}
    ${data.count > 0 && html`<div class="loose"><h4>${plural(data.count, "task")} without a phase</h4><ul class="planned">${data.tasks.map((task) => html`<${PlannedTask} key=${task.id} task=${task} />`)}</ul>
      ${data.count > data.tasks.length && html`<p class="muted">The first ${count(data.tasks.length)} are shown.</p>`}</div>`}
    <p class="initiative__foot"><button class="button button--small button--quiet" onClick=${() => newPhase(id, changed)}><${Icon} name="plus" />Add phase</button></p>
  `;
}

/** Phases that can be worked on at once stand in one step. */
function stepsOf(phases) {
  const steps = [];
  for (const phase of phases) {
    if (steps.at(-1)?.step !== phase.step) steps.push({ step: phase.step, phases: [] });
    steps.at(-1).phases.push(phase);
  }
  return steps;
}
