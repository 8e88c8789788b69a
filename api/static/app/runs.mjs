/** Runs: each execution of an agent, how far it has come, what it has used, and which tools. */
import { get } from "./api.mjs";
import { Badge, Loading, Status, Time, Trouble } from "./bits.mjs";
import { runs } from "./data.mjs";
import { asked, cost, count, duration, plural, short, words } from "./format.mjs";
import { html, useState } from "./html.mjs";
import { useEvents } from "./live.mjs";
import { useLoad, useThrottled } from "./load.mjs";
import { link } from "./route.mjs";
import { useStore } from "./store.mjs";

/** The runs of a task, the newest first. */
export function Runs({ taskId }) {
  const { data, error, loading, reload } = useLoad(`runs/${taskId}`, () => get(["agent-runs"], { task_id: taskId, limit: 50 }));
  const again = useThrottled(reload);
  useEvents((events) => events.some(({ topic, tags }) => topic === "agent_run.started" && tags.task === taskId) && again());
  const known = useStore(runs);
  if (loading) return html`<${Loading} lines=${1} what="the runs" />`;
  if (error) return html`<${Trouble} error=${error} retry=${reload} />`;
  if (data.items.length === 0) return html`<p class="muted">No agent has run on it yet.</p>`;
  const newest = (one, other) => (one.started_at < other.started_at ? 1 : -1);
  return html`<ul class="runs">${[...data.items].sort(newest).map((run) => html`<${Run} key=${run.id} run=${known.get(run.id) ?? run} />`)}</ul>`;
}

function Run({ run }) {
  const [open, setOpen] = useState(false);
  const took = run.duration_ms ?? (run.completed_at ? Date.parse(run.completed_at) - Date.parse(run.started_at) : null);
  return html`
    <li class="run">
      <details onToggle=${(event) => setOpen(event.currentTarget.open)}>
        <summary class="run__line">
          <${Status} status=${run.status} />
          <span>${run.agent_name} · session ${run.session_number}</span>
          <span class="run__numbers">${plural(run.turn_count, "turn")} · ${short(run.token_input_count + run.token_output_count)} tokens · ${cost(run.cost_usd)} · <${Time} at=${run.started_at} compact /></span>
        </summary>
        ${open && html`<${RunFacts} run=${run} took=${took} />`}
      </details>
    </li>
  `;
}

function RunFacts({ run, took }) {
  const { data } = useLoad(`run/${run.id}`, () => get(["agent-runs", run.id]));
  const facts = [
    ["Model", run.model], ["Mode", words(run.mode)], ["Turns", `${run.turn_count} of ${run.max_turns}`],
    ["Tokens", `${count(run.token_input_count)} in, ${count(run.token_output_count)} out`], ["Took", took ? duration(took) : "still going"], ["Worktree", run.worktree_path],
  ].filter(([, value]) => value);
  return html`
    <div class="run__more">
      ${run.error && html`<p class="callout callout--bad">${run.error}</p>`}
      ${run.pending_questions?.length > 0 && html`<p class="callout callout--warn">Waits for an answer: ${run.pending_questions.map(asked).join(" · ")}</p>`}
      <dl class="facts facts--wide">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${data?.tools?.length > 0 &&
      html`<p class="run__tools">${data.tools.map(({ tool, count: times, total_duration_ms: ms }) => html`<${Badge} icon="tool" title=${`${duration(ms)} in all`}>${tool} ${times}×<//>`)}</p>`}
      ${run.agent_id && html`<a class="button button--small" href=${link({ view: "logs", rest: [run.agent_id, String(run.session_number)] })}>Open its log</a>`}
    </div>
  `;
}
