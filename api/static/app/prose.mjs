/** Text as people and agents write it: paragraphs, lists, code and emphasis of Markdown; everything else as it stands. */
import { html } from "./html.mjs";

const MARKS = /(`[^`\n]+`|\*\*[^*\n]+\*\*)/;

export const Prose = ({ text }) => html`<div class="prose" dir="auto">${blocksOf(text.trim())}</div>`;

/** Fenced code, and the blocks between; a fence that is never closed is text. Line by line, as texts may be long. */
function blocksOf(text) {
  const lines = text.split("\n");
  const closings = lines.map((line, index) => (/^```\s*$/.test(line) ? index : -1)).filter((index) => index >= 0);
  const parts = [];
  let from = 0;
  let next = 0;
  const said = (to) => parts.push(...lines.slice(from, to).join("\n").split(/\n{2,}/).flatMap(block));
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at].startsWith("```")) continue;
    while (next < closings.length && closings[next] <= at) next++;
    if (next === closings.length) break;
    said(at);
    parts.push(code(lines.slice(at + 1, closings[next]).join("\n")));
    at = closings[next];
    from = at + 1;
  }
  said(lines.length);
  return parts;
}

const code = (text) => html`<pre tabindex="0" role="group" aria-label="Code">${text}</pre>`;

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
