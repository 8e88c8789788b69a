/** A task in full, in a panel over the board: what it is, what may be done with it, and all that happened to it. */
import { get } from "./api.mjs";
import { Avatar, Badge, Copy, Diff, Label, Loading, Time, Trouble } from "./bits.mjs";
import { COMMANDS, allowed, command, dropDependency } from "./commands.mjs";
import { agents, board, isLive } from "./data.mjs";
import { CloseButton, Dialog } from "./dialog.mjs";
import { plural, sentenceCase, stateName, words } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html, useEffect } from "./html.mjs";
import { Icon, Priority } from "./icons.mjs";
import { useEvents } from "./live.mjs";
import { useLoad, useThrottled } from "./load.mjs";
import { Menu } from "./menu.mjs";
import { Prose } from "./prose.mjs";
import { readTasks } from "./reads.mjs";
import { cardLink, closeCard } from "./route.mjs";
import { Runs } from "./runs.mjs";
import { useStore } from "./store.mjs";
import { Timeline } from "./timeline.mjs";

const BUTTONS = 3;

export function TaskPanel({ id }) {
  const known = useStore(board, (value) => value.tasks.get(id));
  const { data, error, loading, reload } = useLoad(id, () => get(["tasks", id]));
  const again = useThrottled(reload);
  useEvents((events) => events.some(({ topic, tags }) => topic.startsWith("task.") && (tags.task === id || data?.depends_on?.includes(tags.task))) && again());
  const task = data && (known && known.version >= data.version ? { ...data, ...known } : data);
  const close = closeCard;
  return html`
    <${Dialog} label=${task?.title ?? "Task"} kind="panel" onClose=${close}>
      <header class="panel__head" data-first tabindex="-1">
        ${task && html`<${Where} task=${task} />`}
        <span class="panel__space"></span>
        <${CloseButton} onClose=${close} />
      </header>
      ${loading && html`<div class="panel__loading"><${Loading} lines=${6} what="the task" /></div>`}
      ${error && html`<${Trouble} error=${error} retry=${reload} />`}
      ${task && html`<${Guard} of=${task} what=${task.title}><${Sheet} task=${task} /><//>`}
    <//>
  `;
}

const Where = ({ task }) => html`
  <span class="panel__where"><i class=${`columndot columndot--${task.board_column}`}></i>${stateName(task)}</span>
  <${Copy} text=${task.id} label="Copy the id"><code>${task.id}</code><//>
`;

const Sheet = ({ task }) => html`
  <div class="sheet">
    <div class="sheet__main">
      <h2 class="sheet__title" dir="auto">${task.title}</h2>
      <${Actions} task=${task} />
      <${Obstacles} task=${task} />
      ${task.description ? html`<${Prose} text=${task.description} />` : html`<p class="muted">No description.</p>`}
      ${task.summary && html`<section class="sheet__section"><h3>Summary of the work</h3><${Prose} text=${task.summary} /></section>`}
      <section class="sheet__section"><h3>Dependencies</h3><${Dependencies} task=${task} /></section>
      <section class="sheet__section"><h3>Runs</h3><${Runs} taskId=${task.id} /></section>
      <section class="sheet__section"><h3>Timeline</h3><${Timeline} kind="tasks" id=${task.id} /></section>
    </div>
    <aside class="sheet__side" aria-label="Facts"><${Facts} task=${task} /></aside>
  </div>
`;

function Actions({ task }) {
  const names = allowed(task);
  const shown = names.filter((name) => name !== "delete" && name !== "change-labels" && name !== "add-dependency").slice(0, BUTTONS);
  const rest = names.filter((name) => !shown.includes(name));
  return html`
    <div class="actions">
      ${shown.map(
        (name) => html`<button key=${name} class=${`button ${COMMANDS[name].tone ? `button--${COMMANDS[name].tone}` : ""}`}
          onClick=${() => command(task, name)}><${Icon} name=${COMMANDS[name].icon} />${COMMANDS[name].label}</button>`,
      )}
      ${rest.length > 0 &&
      html`<${Menu} label="More actions" className="button button--icon"
        items=${rest.map((name) => ({ label: COMMANDS[name].label, icon: html`<${Icon} name=${COMMANDS[name].icon} />`, tone: COMMANDS[name].tone === "bad" ? "bad" : null, run: () => command(task, name) }))}><${Icon} name="more" /><//>`}
    </div>
  `;
}

/** What stands in its way, said at the top. */
function Obstacles({ task }) {
  const { state } = task;
  return html`
    ${(state === "stuck" || state === "waiting") &&
    html`<p class=${`callout callout--${state === "stuck" ? "bad" : "warn"}`}><${Icon} name=${state === "stuck" ? "alert" : "link"} />
      <span><strong>${state === "stuck" ? "Stuck" : "Waiting"}.</strong> ${sentenceCase(words(task.blocked_reason ?? "dependency"))}.</span></p>`}
    ${task.rejection_reason &&
    task.board_column !== "verified" &&
    html`<p class="callout callout--warn"><${Icon} name="back" /><span><strong>Rejected${task.rejection_count > 1 ? ` ${task.rejection_count} times, last` : ""}:</strong> ${task.rejection_reason}</span></p>`}
  `;
}

function Facts({ task }) {
  const agent = useStore(agents, (all) => all.get(task.agent_id));
  const facts = [
    ["State", html`<span class="fact"><i class=${`columndot columndot--${task.board_column}`}></i>${stateName(task)}</span>`],
    ["Priority", html`<span class="fact"><${Priority} level=${task.priority} />${sentenceCase(task.priority)}</span>`],
    ["Agent", task.agent_id && html`<span class="fact"><${Avatar} name=${agent?.name ?? task.agent_name ?? "?"} live=${isLive(agent)} small />${agent?.name ?? task.agent_name}</span>`],
    ["Labels", task.labels?.length > 0 && html`<span class="fact fact--wrap">${task.labels.map((label) => html`<${Label}>${label}<//>`)}</span>`],
    ["Branch", task.branch && html`<${Copy} text=${task.branch} label="Copy the branch"><code>${task.branch}</code><//>`],
    ["Changes", task.files_changed > 0 && html`<span class="fact">${plural(task.files_changed, "file")} <${Diff} task=${task} /></span>`],
    ["Turns", task.turn_count > 0 && task.turn_count],
    ["Rejections", task.rejection_count > 0 && task.rejection_count],
    ["Retries", task.retry_count > 0 && task.retry_count],
    ["Queued", task.queued && html`<${Time} at=${task.queued_at} />`],
    ["Created", html`<${Time} at=${task.created_at} />`],
    ["Started", task.started_at && html`<${Time} at=${task.started_at} />`],
    ["Approved", task.approved_at && html`<span><${Time} at=${task.approved_at} />${task.approved_by ? ` by ${String(task.approved_by).replace(/^user:/, "")}` : ""}</span>`],
    ["Completed", task.completed_at && html`<${Time} at=${task.completed_at} />`],
    ["Version", task.version],
  ].filter(([, value]) => value);
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function Dependencies({ task }) {
  const tasks = useStore(board, (value) => value.tasks);
  const waits = task.depends_on ?? [];
  const held = task.dependents ?? [];
  const unknown = [...waits, ...held].filter((id) => !tasks.has(id));
  const project = useStore(board, (value) => value.project?.id);
  useEffect(() => {
    if (project && unknown.length) readTasks(unknown).catch(() => {});
  }, [project, unknown.join()]);
  return html`
    ${waits.length + held.length === 0 && html`<p class="muted">It waits for no other task, and none waits for it.</p>`}
    ${waits.length > 0 && html`<${Links} title="Waits for" ids=${waits} tasks=${tasks} drop=${(id) => dropDependency(task, id)} />`}
    ${held.length > 0 && html`<${Links} title="Waited for by" ids=${held} tasks=${tasks} />`}
    <button class="button button--small button--quiet" onClick=${() => command(task, "add-dependency")}><${Icon} name="plus" />Add dependency</button>
  `;
}

const Links = ({ title, ids, tasks, drop }) => html`
  <p class="links__title">${title}</p>
  <ul class="links">
    ${ids.map((id) => {
      const other = tasks.get(id);
      return html`<li key=${id} class="links__item">
        <i class=${`columndot columndot--${other?.board_column ?? "backlog"}`}></i>
        <a href=${cardLink(id)} dir="auto" title=${other?.title ?? id}>${other?.title ?? id}</a>
        ${other?.status === "completed" && html`<${Badge} tone="good" icon="check">Done<//>`}
        ${drop && html`<button class="iconbutton" aria-label=${`No longer wait for ${other?.title ?? id}`} title="Remove" onClick=${() => drop(id)}><${Icon} name="close" /></button>`}
      </li>`;
    })}
  </ul>
`;
