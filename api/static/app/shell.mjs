/** The shell: the rail with the projects and the views, what the service says about itself, and the view that is shown. */
import { Activity } from "./activity.mjs";
import { Agents } from "./agents.mjs";
import { post } from "./api.mjs";
import { Board, NoSuchProject } from "./board.mjs";
import { Trouble } from "./bits.mjs";
import { Commits } from "./commits.mjs";
import { agents, board, feed, isLive, projects, status } from "./data.mjs";
import { Forms, ask } from "./form.mjs";
import { count, sentenceCase } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html, useEffect } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { Help, help } from "./keys.mjs";
import { follow, look, reload } from "./live.mjs";
import { Logs } from "./log.mjs";
import { Menu } from "./menu.mjs";
import { Announcer, Notices, notify } from "./notices.mjs";
import { readProjects } from "./reads.mjs";
import { VIEWS, go, link, route } from "./route.mjs";
import { Sessions } from "./sessions.mjs";
import { PROJECT_FIELDS, Start } from "./start.mjs";
import { useStore } from "./store.mjs";
import { TaskPanel } from "./task.mjs";

const SHOWN = { board: Board, agents: Agents, logs: Logs, sessions: Sessions, commits: Commits, activity: Activity };

export function Shell() {
  const place = useStore(route);
  const { list, error } = useStore(projects);
  const { project, view } = place;
  useEffect(() => {
    if (!project && list?.length) location.replace(link({ project: list[0].id }));
  }, [project, list]);
  useEffect(() => {
    follow(project, view);
  }, [project]);
  useEffect(() => look(view), [view]);
  const name = useStore(board, (value) => value.project?.name);
  useEffect(() => {
    document.title = [sentenceCase(view), name, "workledger"].filter(Boolean).join(" · ");
  }, [view, name]);
  const missing = useStore(board, (value) => (value.error?.code === "PROJECT_NOT_FOUND" ? value.error : null));
  const View = SHOWN[view];
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <${Banner} />
    <div class="shell">
      <${Rail} place=${place} />
      <main id="main" class=${`main main--${view}`} tabindex="-1" aria-label=${sentenceCase(view)}>
        <h1 class="hidden">${sentenceCase(view)}${name ? ` of ${name}` : ""}</h1>
        ${missing && html`<${NoSuchProject} message=${missing.message} />`}
        ${project && !missing && html`<${Guard} key=${`${project}/${view}`} of=${place} what=${sentenceCase(view)}><${View} ...${place} /><//>`}
        ${!project && list?.length === 0 && html`<${Start} />`}
        ${!project && !list && error && html`<div class="page"><${Trouble} error=${error} retry=${reload} /></div>`}
      </main>
    </div>
    ${project && !missing && place.task && html`<${TaskPanel} key=${place.task} id=${place.task} />`}
    <${Forms} /><${Help} /><${Notices} /><${Announcer} />
  `;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Rail({ place }) {
  const working = useStore(agents, (all) => [...all.values()].filter(isLive).length);
  return html`
    <header class="rail">
      <div class="rail__top"><${Logo} /><${Projects} current=${place.project} /></div>
      ${place.project && html`<nav class="rail__views" aria-label="Views">
        ${VIEWS.map(
          (view, index) => html`<a key=${view} class="rail__view" href=${link({ view })} aria-current=${view === place.view ? "page" : undefined} aria-keyshortcuts=${String(index + 1)}>
            <${Icon} name=${view} /><span>${sentenceCase(view)}</span>
            ${view === "agents" && working > 0 && html`<span class="rail__number"><span class="hidden">, at work: </span>${working}</span>`}</a>`,
        )}
      </nav>`}
      <div class="rail__foot"><${Pulse} />
        <button class="iconbutton" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick=${help}><${Icon} name="help" /></button></div>
    </header>
  `;
}

const Logo = () => html`<svg class="logo" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><rect width="32" height="32" rx="7" /><path d="M8 9h6v14H8zM17 9h7v4h-7zM17 16h7v7h-7z" /></svg>`;

function Projects({ current }) {
  const { list } = useStore(projects);
  const name = useStore(board, (value) => value.project?.name) ?? list?.find(({ id }) => id === current)?.name ?? "workledger";
  const items = [
    { heading: true, label: "Projects" },
    ...(list ?? []).map(({ id, name: label }) => ({ label, checked: id === current, run: () => go(link({ project: id })) })),
    { label: "New project…", icon: html`<${Icon} name="plus" />`, run: newProject },
  ];
  return html`<${Menu} label=${`Project: ${name}`} className="projects" items=${items}><span class="projects__name">${name}</span><${Icon} name="down" /><//>`;
}

function newProject() {
  ask({
    key: "new-project",
    title: "New project",
    submit: "Create project",
    fields: PROJECT_FIELDS,
    run: async (values) => {
      const { id, position } = await post(["projects"], values);
      notify(`Created: ${values.name}`);
      await readProjects(position).catch(() => {});
      go(link({ project: id, view: "board" }));
    },
  });
}

const STATES = { idle: "Not following", live: "Live", behind: "Catching up", connecting: "Connecting", offline: "Offline" };

/** Whether the page follows the feed, and how far it has come. */
function Pulse() {
  const { state, behind, position } = useStore(feed);
  const shown = behind && state === "live" ? "behind" : state;
  return html`
    <p class=${`pulse pulse--${shown}`} title="The position of the ledger that is shown">
      <i class="pulse__dot"></i><span role="status">${STATES[shown]}</span>
      <span class="pulse__position">#${count(position)}</span>
    </p>
  `;
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
