/** A phase in the plan: how it stands, what it comes after, and its tasks when it is unfolded. */
import { Actions } from "./actions.mjs";
import { get } from "./api.mjs";
import { Avatar, Badge, Diff, Done, Loading, Trouble } from "./bits.mjs";
import { useFollowed } from "./followed.mjs";
import { plural, sentenceCase, stateName, words } from "./format.mjs";
import { html, useEffect, useState } from "./html.mjs";
import { Icon, Priority } from "./icons.mjs";
import { newPhaseTask } from "./nouns.mjs";
import { cardLink, link, route } from "./route.mjs";

const PAGE = 100;
export const BUTTONS = ["approve-review", "request-changes", "approve", "start", "merge", "request-review", "unblock"];

export const phaseLink = ({ initiative_id, id }) => link({ view: "plan", rest: [initiative_id, id] });

/** The phases that it has to wait for. */
export const unmetOf = (phase, phases) => phase.depends_on.map((id) => phases.get(id)).filter((other) => other && other.status !== "completed");

export function Phase({ phase, phases, initiative, reload }) {
  const [open, setOpen] = useState(false);
  const { id, name, state } = phase;
  const row = { ...phase, others: [...phases.values()], execution_mode: initiative.execution_mode };
  return html`
    <li class=${`phase phase--${state}`}>
      <div class="phase__line" data-row>
        <button class="iconbutton" data-fold aria-expanded=${String(open)} aria-label=${`Tasks of ${name}`} onClick=${() => setOpen(!open)}><${Icon} name=${open ? "down" : "right"} /></button>
        <i class=${`phasedot phasedot--${state}`} aria-hidden="true"></i>
        <div class="phase__what"><a class="phase__name" data-handle href=${phaseLink(phase)} dir="auto">${name}</a>
          <span class="phase__facts"><span class="phase__state">${stateName(phase)}</span>
          ${phase.open_comments > 0 && html`<${Badge} tone="warn" icon="comment" title=${plural(phase.open_comments, "open review comment")}>${phase.open_comments}<span class="hidden"> open comments</span><//>`}<${After} phase=${phase} phases=${phases} /></span></div>
        <${Done} done=${phase.tasks_done} of=${phase.tasks} what=${name} />
        <${Actions} noun="phases" row=${row} shown=${BUTTONS} then=${reload}
          extra=${[{ label: "Add task", icon: html`<${Icon} name="plus" />`, run: () => newPhaseTask(phase, route.get().project, reload) }]} />
      </div>
      ${open && html`<${PhaseTasks} phase=${phase} />`}
    </li>
  `;
}

/** What it waits for, as long as it waits; why it is blocked. */
export function After({ phase, phases }) {
  const unmet = unmetOf(phase, phases);
  if (phase.status === "blocked") return html`<span class="phase__after phase__after--bad"><${Icon} name="blocked" />${phase.blocked_reason ?? "Blocked"}</span>`;
  if (phase.status === "completed" || unmet.length === 0) return null;
  return html`<span class="phase__after"><${Icon} name="link" />Waits for ${unmet.map((other, index) => html`${index > 0 && ", "}<a key=${other.id} href=${phaseLink(other)} dir="auto">${other.name}</a>`)}</span>`;
}

export const PhaseTasks = ({ phase }) => html`<${PlannedTasks} path=${["phases", phase.id, "plan"]} of=${`phase/${phase.id}`} isTouched=${({ tags }) => tags?.phase === phase.id || tags?.initiative === phase.initiative_id} />`;

/** Tasks in the order of the plan, with what each waits for. */
export function PlannedTasks({ path, of, isTouched }) {
  const [limit, setLimit] = useState(PAGE);
  const { data, error, loading, reload } = useFollowed(of, (min_position) => get(path, { limit, min_position }), (event) => event.topic.startsWith("task.") && isTouched(event));
  useEffect(() => {
    if (limit > PAGE) reload();
  }, [limit]);
  if (loading) return html`<${Loading} lines=${2} what="the tasks" />`;
  if (!data) return html`<${Trouble} error=${error} retry=${reload} />`;
  if (data.tasks.length === 0) return html`<p class="phase__none">No tasks yet.</p>`;
  return html`
    <ul class="planned">${data.tasks.map((task) => html`<${PlannedTask} key=${task.id} task=${task} />`)}</ul>
    ${data.tasks.length < data.count && html`<button class="button button--small" onClick=${() => setLimit(limit + PAGE)}>Show more of ${plural(data.count, "task")}</button>`}
  `;
}

export function PlannedTask({ task }) {
  return html`
    <li class="planned__task" data-row>
      <i class=${`columndot columndot--${task.board_column}`} aria-hidden="true"></i>
      <${Priority} level=${task.priority} />
      <a class="planned__title" data-handle href=${cardLink(task.id)} dir="auto">${task.title}</a>
      ${task.waits_for.length === 0 && html`<span class="planned__state">${stateName(task)}</span>`}
      ${task.category !== "execute" && html`<${Badge}>${words(task.category)}<//>`}
      ${task.blocked_reason && html`<${Badge} tone="bad" icon="blocked">${sentenceCase(words(task.blocked_reason))}<//>`}
      ${task.waits_for.length > 0 && html`<span class="phase__after"><${Icon} name="link" />Waits for ${task.waits_for.map((other, index) => html`${index > 0 && ", "}<a key=${other.id} href=${cardLink(other.id)} dir="auto">${other.title}</a>`)}</span>`}
      <span class="planned__facts">${task.agent_name && html`<${Avatar} name=${task.agent_name} small /><span>${task.agent_name}</span>`}<${Diff} task=${task} /></span>
    </li>
  `;
}
