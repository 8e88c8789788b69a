/** A phase in full, in a panel over the plan: its text, what it comes after, its tasks, and what reviewers say. */
import { Actions } from "./actions.mjs";
import { get } from "./api.mjs";
import { Badge, Copy, Done, Loading, Trouble } from "./bits.mjs";
import { Comments } from "./comments.mjs";
import { CloseButton, Dialog } from "./dialog.mjs";
import { textOf } from "./document.mjs";
import { useFollowed } from "./followed.mjs";
import { stateName } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { isOfPlan } from "./hearing.mjs";
import { html, useMemo } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { give, newPhaseTask } from "./nouns.mjs";
import { BUTTONS, PhaseTasks, phaseLink, unmetOf } from "./phase.mjs";
import { Prose } from "./prose.mjs";
import { closePhase } from "./route.mjs";
import { Timeline } from "./timeline.mjs";

export function PhasePanel({ id, initiative, project }) {
  const { data, error, loading, reload, again } = useFollowed(`phase/${id}`, (min_position) => readPhase(id, initiative, min_position), (event) => isOfPlan(event, initiative));
  const phase = data?.phase;
  return html`
    <${Dialog} label=${phase?.name ?? "Phase"} kind="panel" onClose=${closePhase}>
      <header class="panel__head" data-first tabindex="-1">
        ${phase && html`<span class="panel__where"><i class=${`phasedot phasedot--${phase.state}`}></i>${stateName(phase)}</span><${Copy} text=${id} label="Copy the id"><code>${id}</code><//>`}
        <span class="panel__space"></span><${CloseButton} onClose=${closePhase} />
      </header>
      ${loading && html`<div class="panel__loading"><${Loading} lines=${6} what="the phase" /></div>`}
      ${error && html`<${Trouble} error=${error} retry=${reload} />`}
      ${phase && html`<${Guard} of=${phase} what=${phase.name}><${Sheet} phase=${phase} phases=${data.phases} project=${project} reload=${again} /><//>`}
    <//>
  `;
}

async function readPhase(id, initiative, min_position) {
  const [whole, { phases, initiative: { execution_mode } }] = await Promise.all([get(["phases", id], { min_position }), get(["initiatives", initiative, "plan"], { min_position })]);
  return { phase: { ...phases.find((phase) => phase.id === id), ...whole, execution_mode }, phases };
}

function Sheet({ phase, phases, project, reload }) {
  const known = useMemo(() => new Map(phases.map((one) => [one.id, one])), [phases]);
  const unmet = unmetOf(phase, known);
  const row = { ...phase, others: phases };
  return html`
    <div class="sheet sheet--whole"><div class="sheet__main">
      <h2 class="sheet__title" dir="auto">${phase.name}</h2>
      <${Actions} noun="phases" row=${row} shown=${BUTTONS} then=${reload} small=${false} />
      ${phase.status === "blocked" && html`<p class="callout callout--bad"><${Icon} name="blocked" /><span><strong>Blocked.</strong> ${phase.blocked_reason}</span></p>`}
      ${phase.status !== "completed" && unmet.length > 0 && html`<p class="callout callout--warn"><${Icon} name="link" /><span><strong>Waiting</strong> for ${unmet.map(({ name }) => name).join(", ")}.</span></p>`}
      ${phase.content ? html`<${Prose} text=${textOf(phase.content)} />` : html`<p class="muted">No text.</p>`}
      <section class="sheet__section"><h3>Dependencies</h3><${Dependencies} phase=${row} phases=${known} reload=${reload} /></section>
      <section class="sheet__section"><h3>Tasks</h3><${Done} done=${phase.tasks_done} of=${phase.tasks} what=${phase.name} /><${PhaseTasks} phase=${phase} />
        <button class="button button--small button--quiet" onClick=${() => newPhaseTask(phase, project, reload)}><${Icon} name="plus" />Add task</button></section>
      <section class="sheet__section"><h3>Review comments</h3><${Comments} phase=${phase} /></section>
      <section class="sheet__section"><h3>Timeline</h3><${Timeline} kind="phases" id=${phase.id} /></section>
    </div></div>
  `;
}

function Dependencies({ phase, phases, reload }) {
  const after = phase.depends_on.map((id) => phases.get(id)).filter(Boolean);
  const before = [...phases.values()].filter(({ depends_on }) => depends_on.includes(phase.id));
  const drop = (other) => give("phases", phase, "remove-dependency", reload, { depends_on_phase_id: other.id });
  return html`
    ${after.length + before.length === 0 && html`<p class="muted">It comes after no other phase, and none comes after it.</p>`}
    ${after.length > 0 && html`<${Links} title="Comes after" phases=${after} drop=${drop} />`}
    ${before.length > 0 && html`<${Links} title="Comes before" phases=${before} />`}
    <button class="button button--small button--quiet" onClick=${() => give("phases", phase, "add-dependency", reload)}><${Icon} name="plus" />Add dependency</button>
  `;
}

const Links = ({ title, phases, drop }) => html`
  <p class="links__title">${title}</p>
  <ul class="links">${phases.map((other) => html`<li key=${other.id} class="links__item"><i class=${`phasedot phasedot--${other.state}`}></i>
    <a href=${phaseLink(other)} dir="auto" title=${other.name}>${other.name}</a>
    ${other.status === "completed" && html`<${Badge} tone="good" icon="check">Done<//>`}
    ${drop && html`<button class="iconbutton" aria-label=${`No longer after ${other.name}`} title="Remove" onClick=${() => drop(other)}><${Icon} name="close" /></button>`}</li>`)}</ul>
`;
