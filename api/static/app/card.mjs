/** A card: what a task is about, who works on it, and what stands in its way, at a glance. */
import { Avatar, Badge, Diff, Label, Time } from "./bits.mjs";
import { agents, board, isLive, runs } from "./data.mjs";
import { drag, dragged } from "./drag.mjs";
import { cost, count, plural, sentenceCase, short, words } from "./format.mjs";
import { html, memo } from "./html.mjs";
import { Icon, Priority } from "./icons.mjs";
import { Menu } from "./menu.mjs";
import { move, step, targets, toEnd } from "./moves.mjs";
import { cardLink } from "./route.mjs";
import { useStore } from "./store.mjs";

const LABELS_SHOWN = 3;

export const Card = memo(function Card({ task, index, total }) {
  const movable = targets(task).size > 0;
  const held = useStore(dragged, (value) => value.task?.id === task.id);
  const start = (event) => drag.begin(event, task);
  return html`
    <li class=${`card card--${task.state} ${held ? "card--dragged" : ""}`} data-task=${task.id} draggable=${movable ? "true" : "false"} onDragStart=${start} onDragEnd=${drag.end}>
      <div class="card__head">
        <${Priority} level=${task.priority} />
        <h3 class="card__title" dir="auto"><a href=${cardLink(task.id)} draggable="false">${task.title}</a></h3>
        <${MoveMenu} task=${task} index=${index} total=${total} />
      </div>
      <${Badges} task=${task} />
      ${hasFoot(task) && html`<${Foot} task=${task} />`}
    </li>
  `;
});

function Badges({ task }) {
  const { state } = task;
  const labels = task.labels ?? [];
  const marks = [
    task.queued && html`<${Badge} tone="info" icon="queue">Queued<//>`,
    state === "stuck" && html`<${Badge} tone="bad" icon="alert">${sentenceCase(words(task.blocked_reason ?? "stuck"))}<//>`,
    (task.unmet_dependencies > 0 || state === "waiting") &&
      html`<${Badge} tone="warn" icon="link" title="It waits for other tasks">
        ${task.unmet_dependencies > 0 ? `Waits for ${task.unmet_dependencies}` : "Waiting"}<//>`,
    task.rejection_count > 0 && html`<${Badge} tone="warn" icon="back" title=${task.rejection_reason ?? undefined}>Rejected ${task.rejection_count > 1 ? `${task.rejection_count}×` : ""}<//>`,
    task.retry_count > 0 && html`<${Badge} tone="warn" icon="back">${plural(task.retry_count, "retry", "retries")}<//>`,
    ...labels.slice(0, LABELS_SHOWN).map((label) => html`<${Label} key=${label}>${label}<//>`),
    labels.length > LABELS_SHOWN && html`<span class="label" title=${labels.slice(LABELS_SHOWN).join(", ")}>+${labels.length - LABELS_SHOWN}</span>`,
  ].filter(Boolean);
  return html`<div class="card__badges">${marks}${!hasFoot(task) && html`<${Numbers} task=${task} />`}</div>`;
}

/** What no agent has needs no second line. */
const hasFoot = (task) => Boolean(task.agent_id || task.agent_name);

function Foot({ task }) {
  const agent = useStore(agents, (all) => all.get(task.agent_id));
  const run = useStore(runs, (all) => all.get(task.agent_run_id ?? (agent?.current_task_id === task.id ? agent.current_run_id : null)));
  const name = agent?.name ?? task.agent_name;
  const live = isLive(agent) && agent.current_task_id === task.id;
  return html`
    <div class="card__foot">
      <span class="who">${name && html`<${Avatar} name=${name} live=${live} small /><span class="who__name">${name}</span>`}${live && html`<span class="hidden">is at work</span>`}</span>
      <${Numbers} task=${task} run=${task.board_column === "in_progress" ? run : null} />
    </div>
    ${live && run?.max_turns && html`<progress class="card__progress" max=${run.max_turns} value=${run.turn_count} aria-label=${`${run.turn_count} of ${run.max_turns} turns`}></progress>`}
  `;
}

const Numbers = ({ task, run }) => html`
  <span class="card__facts"><${Used} task=${task} run=${run} /><${Diff} task=${task} /><${Time} at=${task.updated_at} compact /></span>
`;

/** How far the run has come, and what it has used; once the work is done, what the task has used in all. */
function Used({ task, run }) {
  if (run) {
    const tokens = run.token_input_count + run.token_output_count;
    const title = `${run.turn_count} of ${run.max_turns} turns, ${count(tokens)} tokens, ${cost(run.cost_usd)}`;
    return html`<span title=${title}><span class="hidden">Turn </span>${run.turn_count}/${run.max_turns} · ${short(tokens)}<span class="hidden"> tokens</span></span>`;
  }
  return task.turn_count > 0 && !task.files_changed && html`<span>${plural(task.turn_count, "turn")}</span>`;
}

function MoveMenu({ task, index, total }) {
  const columns = useStore(board, (value) => value.columns);
  const to = targets(task);
  const ordered = to.has(task.board_column);
  const items = [
    { heading: true, label: "Move to…" },
    ...columns.map(({ name, title }) => ({
      label: title,
      icon: html`<i class=${`columndot columndot--${name}`}></i>`,
      checked: name === task.board_column,
      disabled: name !== task.board_column && !to.has(name),
      run: () => name !== task.board_column && move(task, name),
    })),
    { heading: true, label: "In this column" },
    { label: "Top", disabled: !ordered || index === 0, run: () => toEnd(task, true) },
    { label: "Up", hint: "⇧↑", disabled: !ordered || index === 0, run: () => step(task, -1) },
    { label: "Down", hint: "⇧↓", disabled: !ordered || index === total - 1, run: () => step(task, 1) },
    { label: "Bottom", disabled: !ordered || index === total - 1, run: () => toEnd(task, false) },
  ];
  return html`<${Menu} label=${`Move to… ${task.title}`} className="iconbutton card__menu" items=${items} data-move=""><${Icon} name="more" /><//>`;
}
