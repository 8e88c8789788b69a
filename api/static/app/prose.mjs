/** Text as people and agents write it: paragraphs, lists, code and emphasis of Markdown; everything else as it stands. */
import { html } from "./html.mjs";

const MARKS = /(`[^`\n]+`|\*\*[^*\n]+\*\*)/;

export const Prose = ({ text }) => html`<div class="prose">${blocksOf(text.trim())}</div>`;

function blocksOf(text) {
  return text.split(/(^```[^\n]*\n[\s\S]*?^```[^\S\n]*$)/m).flatMap((part) => (part.startsWith("```") ? [code(part)] : part.split(/\n{2,}/).flatMap(block)));
}

const code = (fenced) => html`<pre tabindex="0" role="group" aria-label="Code">${fenced.replace(/^```[^\n]*\n/, "").replace(/\n?```\s*$/, "")}</pre>`;

/** A run of lines: its items as a list, its headings in bold, the rest as paragraphs. */
function block(text) {
  const parts = [];
  let items = [];
  const flush = () => {
    if (items.length) parts.push(html`<ul>${items}</ul>`);
    items = [];
  };
  let lines = [];
  const said = () => {
    if (lines.length) parts.push(html`<p>${inline(lines.join("\n"))}</p>`);
    lines = [];
  };
  for (const line of text.split("\n")) {
    const item = /^\s*(?:[-*•]|\d+[.)])\s+(.*)$/.exec(line);
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    if (item) said();
    else flush();
    if (item) items.push(html`<li>${inline(item[1])}</li>`);
    else if (heading) lines.push(`**${heading[1]}**`);
    else if (line.trim()) lines.push(line);
  }
  said();
  flush();
  return parts;
}

const inline = (text) =>
  text.split(MARKS).map((part) => {
    if (/^`.+`$/.test(part)) return html`<code>${part.slice(1, -1)}</code>`;
    if (/^\*\*.+\*\*$/.test(part)) return html`<strong>${part.slice(2, -2)}</strong>`;
    return part;
  });
