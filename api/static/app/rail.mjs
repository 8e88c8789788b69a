/** The rail: the projects, the inbox over all of them, the views of the one that is shown, and how fresh all of it is. */
import { post } from "./api.mjs";
import { agents, board, feed, inbox, isLive, projects } from "./data.mjs";
import { ask } from "./form.mjs";
import { count, plural, sentenceCase } from "./format.mjs";
import { html } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { help } from "./keys.mjs";
import { Menu } from "./menu.mjs";
import { notify } from "./notices.mjs";
import { readProjects } from "./reads.mjs";
import { INBOX, VIEWS, go, link, route } from "./route.mjs";
import { PROJECT_FIELDS } from "./start.mjs";
import { useStore } from "./store.mjs";

export function Rail({ place }) {
  return html`
    <header class="rail">
      <div class="rail__top"><${Logo} /><${Projects} current=${place.project} /></div>
      <nav class="rail__views" aria-label="Views">
        <${View} name=${INBOX} place=${place} shortcut="0"><${Waiting} /><//>
        ${place.project && VIEWS.map((view, index) => html`<${View} key=${view} name=${view} place=${place} shortcut=${String(index + 1)}>${view === "agents" && html`<${Working} />`}<//>`)}
      </nav>
      <div class="rail__foot"><${Pulse} />
        <button class="iconbutton" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" onClick=${help}><${Icon} name="help" /></button></div>
    </header>
  `;
}

const View = ({ name, place, shortcut, children }) => html`
  <a class=${`rail__view rail__view--${name}`} href=${link({ view: name })} aria-current=${name === place.view ? "page" : undefined} aria-keyshortcuts=${shortcut}>
    <${Icon} name=${name} /><span>${sentenceCase(name)}</span>${children}</a>
`;

function Waiting() {
  const waiting = useStore(inbox, (value) => value.count);
  return waiting > 0 && html`<span class="rail__number rail__number--waiting" title=${`${plural(waiting, "thing")} waiting for you`}><span class="hidden">, waiting for you: </span>${count(waiting)}</span>`;
}

function Working() {
  const working = useStore(agents, (all) => [...all.values()].filter(isLive).length);
  return working > 0 && html`<span class="rail__number"><span class="hidden">, at work: </span>${working}</span>`;
}

const Logo = () => html`<svg class="logo" viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><rect width="32" height="32" rx="7" /><path d="M8 9h6v14H8zM17 9h7v4h-7zM17 16h7v7h-7z" /></svg>`;

/** In another project one looks at the same; the inbox is of none. */
const viewOf = ({ view }) => (view === INBOX ? "board" : view);

function Projects({ current }) {
  const { list } = useStore(projects);
  const name = useStore(board, (value) => value.project?.name) ?? list?.find(({ id }) => id === current)?.name ?? "workledger";
  const items = [
    { heading: true, label: "Projects" },
    ...(list ?? []).map(({ id, name: label }) => ({ label, checked: id === current, run: () => go(link({ project: id, view: viewOf(route.get()) })) })),
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

