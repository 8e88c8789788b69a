/** The shell: the rail, what the service says about itself, and the view that is shown. */
import { Activity } from "./activity.mjs";
import { Agents } from "./agents.mjs";
import { Board, NoSuchProject } from "./board.mjs";
import { Trouble } from "./bits.mjs";
import { Commits } from "./commits.mjs";
import { board, feed, inbox, projects, status } from "./data.mjs";
import { Forms } from "./form.mjs";
import { count, sentenceCase } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html, useEffect } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { Inbox } from "./inbox.mjs";
import { Help } from "./keys.mjs";
import { follow, look, reload } from "./live.mjs";
import { Logs } from "./log.mjs";
import { Announcer, Notices } from "./notices.mjs";
import { Plan } from "./plan.mjs";
import { Rail } from "./rail.mjs";
import { INBOX, link, route } from "./route.mjs";
import { Sessions } from "./sessions.mjs";
import { Start } from "./start.mjs";
import { useStore } from "./store.mjs";
import { TaskPanel } from "./task.mjs";

const SHOWN = { board: Board, plan: Plan, agents: Agents, logs: Logs, sessions: Sessions, commits: Commits, activity: Activity };

export function Shell() {
  const place = useStore(route);
  const { list, error } = useStore(projects);
  const { project, view } = place;
  useEffect(() => {
    if (project || !list?.length) return;
    if (view === INBOX) route.patch({ project: list[0].id });
    else location.replace(link({ project: list[0].id }));
  }, [project, view, list]);
  useEffect(() => {
    follow(project, view);
  }, [project]);
  useEffect(() => look(view), [view]);
  const name = useStore(board, (value) => value.project?.name);
  const waiting = useStore(inbox, (value) => value.count);
  const of = view === INBOX ? null : name;
  useEffect(() => {
    const where = [sentenceCase(view), of, "workledger"].filter(Boolean).join(" · ");
    document.title = waiting > 0 ? `(${count(waiting)}) ${where}` : where;
  }, [view, of, waiting]);
  const missing = useStore(board, (value) => (value.error?.code === "PROJECT_NOT_FOUND" ? value.error : null));
  const View = SHOWN[view];
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <${Banner} />
    <div class="shell">
      <${Rail} place=${place} />
      <main id="main" class=${`main main--${view}`} tabindex="-1" aria-label=${sentenceCase(view)}>
        <h1 class="hidden">${sentenceCase(view)}${of ? ` of ${of}` : ""}</h1>
        ${view === INBOX && html`<${Guard} of=${place} what="Inbox"><${Inbox} /><//>`}
        ${view !== INBOX && missing && html`<${NoSuchProject} message=${missing.message} />`}
        ${view !== INBOX && project && !missing && html`<${Guard} key=${`${project}/${view}`} of=${place} what=${sentenceCase(view)}><${View} ...${place} /><//>`}
        ${view !== INBOX && !project && list?.length === 0 && html`<${Start} />`}
        ${view !== INBOX && !project && !list && error && html`<div class="page"><${Trouble} error=${error} retry=${reload} /></div>`}
      </main>
    </div>
    ${place.task && (view === INBOX || (project && !missing)) && html`<${TaskPanel} key=${place.task} id=${place.task} />`}
    <${Forms} /><${Help} /><${Notices} /><${Announcer} />
  `;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

/** What one must know before believing the page. */
function Banner() {
  const { simulated, label, healthy, groups } = useStore(status);
  const lost = useStore(feed, (value) => value.lost);
  const late = (groups ?? []).filter((group) => group.dead_letters > 0 || group.state === "failing");
  const { list } = useStore(projects);
  const shown = useStore(route, (place) => place.project);
  /* Where projects say themselves that they are made up, the others are real. */
  const madeUp = (list ?? []).filter(({ metadata }) => metadata?.simulated);
  const invented = simulated && (madeUp.length === 0 || madeUp.some(({ id }) => id === shown));
  const told = invented || healthy === false || late.length > 0 || lost;
  return told && html`<aside aria-label="About this data">
    ${invented && html`<p class="banner banner--simulated"><strong>Simulated data</strong>${label ? ` · ${label}` : ""}</p>`}
    ${(healthy === false || late.length > 0) && html`<p class="banner banner--bad" role="alert"><${Icon} name="alert" />Read tables are not kept up to date: ${late.map(({ name }) => name).join(", ") || "the service is not healthy"}.</p>`}
    ${lost && html`<p class="banner banner--bad" role="status"><${Icon} name="alert" />The service cannot be reached. What is shown may be old; the page tries again by itself.</p>`}
  </aside>`;
}
