/** The agents: how each is, what it works on now, and what it has done so far. */
import { post } from "./api.mjs";
import { Avatar, Badge, Empty, Loading, Status, Time } from "./bits.mjs";
import { agents, board, isLive, runs } from "./data.mjs";
import { asked, cost, count, plural, sentenceCase, short, words } from "./format.mjs";
import { ask } from "./form.mjs";
import { Guard } from "./guard.mjs";
import { html } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { Menu } from "./menu.mjs";
import { complain, notify } from "./notices.mjs";
import { cardLink, link, route } from "./route.mjs";
import { useStore } from "./store.mjs";

const RANK = { running: 0, starting: 1, paused: 2, error: 3, idle: 4, completed: 5 };
const byStatus = (one, other) => (RANK[one.status] ?? 9) - (RANK[other.status] ?? 9) || one.name.localeCompare(other.name);

export function Agents() {
  const all = useStore(agents);
  const { loading, project } = useStore(board);
  const working = [...all.values()].filter(isLive).length;
  return html`
    <div class="page page--wide">
      <header class="page__head"><h2>Agents</h2>
        <span class="page__count">${count(all.size)} in all${project && html` · ${working} at work, at most ${project.max_concurrent_agents ?? "–"} at once`}</span>
        <span class="toolbar__space"></span><button class="button button--primary" onClick=${newAgent}><${Icon} name="plus" />New agent</button></header>
      ${loading && html`<${Loading} lines=${6} what="the agents" />`}
      ${!loading && all.size === 0 && html`<${Empty} icon="agents" title="No agents">Create one, then assign it a task.<//>`}
      <ul class="agents">${[...all.values()].sort(byStatus).map((agent) => html`<${Guard} key=${agent.id} of=${agent} what=${agent.name} as="li" className="agent"><${Agent} agent=${agent} /><//>`)}</ul>
    </div>
  `;
}

function Agent({ agent }) {
  const run = useStore(runs, (all) => all.get(agent.current_run_id));
  const task = useStore(board, (value) => value.tasks.get(run?.task_id ?? agent.current_task_id));
  return html`
    <li class=${`agent ${isLive(agent) ? "agent--live" : ""}`}>
      <header class="agent__head">
        <${Avatar} name=${agent.name} live=${isLive(agent)} />
        <div><h3>${agent.name}</h3><p class="agent__kind">${words(agent.type)} · ${agent.provider}</p></div>
        <span class="agent__status"><${Status} status=${agent.status} /></span>
        <${RunMenu} run=${run} />
      </header>
      ${task && html`<p class="agent__task"><i class=${`columndot columndot--${task.board_column}`}></i><a href=${cardLink(task.id)}>${task.title}</a></p>`}
      ${run ? html`<${Progress} run=${run} />` : html`<p class="agent__rest"><${Rest} agent=${agent} /></p>`}
      ${run?.pending_questions?.length > 0 && html`<p class="callout callout--warn"><${Icon} name="help" /><span>${run.pending_questions.map(asked).join(" · ")}</span></p>`}
      <footer class="agent__foot">
        <span>${plural(agent.completed_tasks ?? 0, "task")} done</span>
        ${agent.failed_tasks > 0 && html`<span class="agent__failed">${count(agent.failed_tasks)} failed</span>`}
        <a href=${link({ view: "logs", rest: [agent.id] })}>${plural(agent.session_count ?? 0, "session")}<span class="hidden"> in the log of ${agent.name}</span></a>
      </footer>
    </li>
  `;
}

/** A failure is one only until the agent has succeeded since. */
function Rest({ agent }) {
  if (!agent.last_error) return "No run at the moment.";
  if (agent.status === "error") return html`<span class="agent__error">${agent.last_error} · <${Time} at=${agent.last_error_at} compact /></span>`;
  return html`No run at the moment. <span title=${agent.last_error}>Last failure <${Time} at=${agent.last_error_at} />.</span>`;
}

const Progress = ({ run }) => html`
  <div class="progress">
    <progress max=${run.max_turns} value=${run.turn_count} class=${run.turn_count >= run.max_turns * 0.8 ? "progress--near" : ""} aria-label=${`${run.turn_count} of ${run.max_turns} turns`}></progress>
    <p class="progress__numbers"><span><strong>${run.turn_count}</strong>/${run.max_turns} turns</span>
      <span title=${`${count(run.token_input_count)} in, ${count(run.token_output_count)} out`}>${short(run.token_input_count)} in · ${short(run.token_output_count)} out</span>
      <span>${cost(run.cost_usd)}</span><${Time} at=${run.started_at} compact /></p>
    <p class="progress__model">${run.model ?? "model unknown"} <${Badge}>session ${run.session_number}<//></p>
  </div>
`;

/** How the commands of a run look. Which of them it takes is in its row. */
const RUN_COMMANDS = {
  pause: { label: "Pause", icon: "clock" },
  resume: { label: "Resume", icon: "play", fields: [{ name: "feedback", label: "What it should know", type: "textarea" }, { name: "extra_turns", label: "More turns", type: "number", min: 1, max: 200 }] },
  stop: { label: "Stop", icon: "close", tone: "bad", fields: [{ name: "reason", label: "Reason", max: 500 }] },
};

function RunMenu({ run }) {
  const names = run ? Object.keys(RUN_COMMANDS).filter((name) => run.commands.includes(name)) : [];
  if (names.length === 0) return null;
  const items = names.map((name) => ({ label: RUN_COMMANDS[name].label, icon: html`<${Icon} name=${RUN_COMMANDS[name].icon} />`, tone: RUN_COMMANDS[name].tone, run: () => tellRun(run, name) }));
  return html`<${Menu} label=${`The run of ${run.agent_name}`} items=${items}><${Icon} name="more" /><//>`;
}

function tellRun(run, name) {
  const { label, fields, tone } = RUN_COMMANDS[name];
  const send = async (body) => {
    await post(["agent-runs", run.id, name], body);
    notify(`${label}: ${run.agent_name}`);
  };
  if (!fields) return send({}).catch(complain);
  ask({ key: `${name}/${run.id}`, title: `${label} the run of ${run.agent_name}`, submit: label, tone, fields, run: send });
}

function newAgent() {
  const types = ["task", "conversational", "background"].map((value) => ({ value, label: sentenceCase(value) }));
  ask({
    key: `new-agent/${route.get().project}`,
    title: "New agent",
    submit: "Create agent",
    fields: [
      { name: "name", label: "Name", required: true, max: 100 },
      { name: "type", label: "Type", type: "select", options: types, value: "task" },
      { name: "provider", label: "Provider", value: "claude", max: 100 },
    ],
    run: async (values) => {
      await post(["agents"], { project_id: route.get().project, ...values });
      notify(`Created: ${values.name}`);
    },
  });
}
