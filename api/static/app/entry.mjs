/** One entry of a log: what was asked, said, thought, called, and what came of it. */
import { clockTime, isMoment, plural } from "./format.mjs";
import { html, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { Prose } from "./prose.mjs";

const LOOKS = {
  prompt: ["user", "Prompt"],
  text: ["agents", "Agent"],
  thinking: ["think", "Thinking"],
  tool: ["tool", "Tool"],
  result: ["right", "Result"],
  output: ["logs", "Output"],
};
const LINES = 6;
const LONG = 1_200;
/** Of what is said, more is read; of a line of an edit or of what is told in one line, less. */
const LONGEST_SAID = 20_000;
const LONGEST_LINE = 500;

export function Entry({ entry }) {
  const { kind, text, name, at } = entry;
  if (kind === "quiet") return html`<li class="entry entry--quiet"><span>${name}</span> ${text.slice(0, LONGEST_LINE)}</li>`;
  const failed = entry.failed || entry.result?.failed;
  const [icon, label] = LOOKS[kind];
  return html`
    <li class=${`entry entry--${kind} ${failed ? "entry--failed" : ""}`}>
      <span class="entry__icon"><${Icon} name=${icon} label=${label} /></span>
      <div class="entry__body">
        ${kind === "tool" && html`<${Tool} entry=${entry} />`}
        ${(kind === "result" || kind === "output") && html`<${Output} text=${text} what=${label} />`}
        ${kind === "thinking" && html`<details class="thought"><summary>Thinking</summary><${Said} text=${text} as=${Prose} /></details>`}
        ${kind === "text" && html`<${Said} text=${text} as=${Prose} />`}
        ${kind === "prompt" && html`<${Said} text=${text} as=${Plain} />`}
      </div>
      ${isMoment(at) && html`<time class="entry__at" datetime=${at}>${clockTime(at)}</time>`}
    </li>
  `;
}

const Plain = ({ text }) => html`<p class="entry__text" dir="auto">${text.trim()}</p>`;

/** What is very long is cut until asked for. */
function Said({ text, as }) {
  const [whole, setWhole] = useState(false);
  return html`
    <${as} text=${whole ? text : text.slice(0, LONGEST_SAID)} />
    ${text.length > LONGEST_SAID && html`<${More} whole=${whole} lines=${text.split("\n").length} toggle=${() => setWhole(!whole)} />`}
  `;
}

function Tool({ entry: { name, text, detail, edit, result } }) {
  const [open, setOpen] = useState(false);
  return html`
    <button class="tool" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}><strong>${name}</strong> <code>${text.split("\n", 1)[0].slice(0, LONGEST_LINE)}</code></button>
    ${edit && html`<${Edit} ...${edit} />`}
    ${open && html`<pre class="tool__input" tabindex="0" role="group" aria-label=${`Input of ${name}`}>${detail}</pre>`}
    ${!edit && result && (result.text.trim() ? html`<${Output} text=${result.text} what=${result.failed ? `Error of ${name}` : `Result of ${name}`} />` : html`<p class="tool__nothing">No output</p>`)}
    ${edit && result?.failed && html`<${Output} text=${result.text} what=${`Error of ${name}`} />`}
  `;
}

const linesOf = (text) => (text ? text.split("\n") : []);

/** What an edit took out and put in; long ones are cut until asked for. */
function Edit({ before, after }) {
  const [whole, setWhole] = useState(false);
  const lines = [
    ...linesOf(before).map((line) => ["minus", line]),
    ...linesOf(after).map((line) => ["plus", line]),
  ];
  const shown = whole ? lines : lines.slice(0, 2 * LINES);
  return html`
    <pre class="edit" tabindex="0" role="group" aria-label="Edit">${shown.map(([sign, line]) => html`<span class=${`edit__${sign}`}>${`${sign === "plus" ? "+" : "−"} ${whole ? line : line.slice(0, LONGEST_LINE)}\n`}</span>`)}</pre>
    ${(lines.length > 2 * LINES || lines.some(([, line]) => line.length > LONGEST_LINE)) && html`<${More} whole=${whole} lines=${lines.length} toggle=${() => setWhole(!whole)} />`}
  `;
}

function Output({ text, what }) {
  const [whole, setWhole] = useState(false);
  const all = text.trimEnd();
  const head = all.split("\n").slice(0, LINES).join("\n").slice(0, LONG);
  return html`
    <pre class="output" tabindex=${whole ? "0" : undefined} role="group" aria-label=${what}>${whole ? all : head}</pre>
    ${head.length < all.length && html`<${More} whole=${whole} lines=${all.split("\n").length} toggle=${() => setWhole(!whole)} />`}
  `;
}

const More = ({ whole, lines, toggle }) => html`
  <button class="output__more" onClick=${toggle} aria-expanded=${String(whole)}>${whole ? "Less" : `All ${plural(lines, "line")}`}</button>
`;
