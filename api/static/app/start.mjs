/** The start: a ledger without a project, and the two ways to the first one. */
import { post } from "./api.mjs";
import { Copy, Trouble } from "./bits.mjs";
import { Field, textsOf, valuesOf } from "./field.mjs";
import { html, useState } from "./html.mjs";
import { readProjects } from "./reads.mjs";
import { plainly } from "./refusal.mjs";
import { go, link } from "./route.mjs";

export const PROJECT_FIELDS = [
  { name: "name", label: "Name", required: true, max: 100 },
  { name: "description", label: "Description", type: "textarea", max: 500 },
  { name: "path", label: "Repository path", max: 4096 },
  { name: "max_concurrent_agents", label: "Agents at work at once", type: "number", min: 1, max: 10, value: 3, required: true },
];

const IMPORTS = [
  ["workledger import git .", "the commits of the repository where you are"],
  ["workledger import claude-code", "your sessions of Claude Code: agents, runs, logs"],
  ["workledger import beads .", "the issues of beads, as tasks"],
];

/** To the first field of the form. */
export const startProject = () => document.getElementById("field-name")?.focus();

export const Start = () => html`
  <div class="page start">
    <h2>Nothing recorded yet</h2>
    <div class="start__ways">
      <${Create} />
      <section class="start__way" aria-labelledby="start-import">
        <h3 id="start-import">Import</h3>
        <p class="muted">Run one of these in a terminal. This page fills by itself.</p>
        <ul class="start__commands">
          ${IMPORTS.map(([command, what]) => html`<li key=${command}><${Copy} text=${command} label=${`Copy ${command}`}><code>${command}</code><//><span class="muted">${what}</span></li>`)}
        </ul>
        <p class="muted">With the same <code>--db</code> as this service, if it was given one.</p>
      </section>
    </div>
  </div>
`;

function Create() {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const fields = PROJECT_FIELDS.filter(({ name }) => name === "name" || name === "path");
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { id, position } = await post(["projects"], valuesOf(fields, textsOf(fields, new FormData(event.target))));
      await readProjects(position).catch(() => {});
      go(link({ project: id, view: "board" }));
    } catch (problem) {
      setError(plainly(problem, fields));
      setBusy(false);
    }
  };
  return html`
    <form class="form start__way" onSubmit=${submit} aria-labelledby="start-create">
      <h3 id="start-create">Create a project</h3>
      ${fields.map((field) => html`<${Field} key=${field.name} field=${field} text="" error=${error?.marks[field.name]} />`)}
      ${error && html`<${Trouble} error=${error} />`}
      <footer class="form__foot"><button type="submit" class="button button--primary" disabled=${busy}>Create project</button></footer>
    </form>
  `;
}
