/** Documents of Tiptap, the editor of Codewalkers, as text with the marks of Markdown. */

/** Whether a text or a value is such a document. */
export const isDocument = (content) => documentOf(content) !== null;

/** A document as text; what is none stands as it is. */
export function textOf(content) {
  const document = documentOf(content);
  if (document) return blocks(document.content).join("\n\n");
  return typeof content === "string" ? content : JSON.stringify(content, null, 2);
}

function documentOf(content) {
  const value = typeof content === "string" && content.startsWith("{") ? parsed(content) : content;
  return value?.type === "doc" ? value : null;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const MARKS = { bold: "**", code: "`" };
const marked = (text, marks = []) => marks.reduce((said, { type }) => (MARKS[type] ? `${MARKS[type]}${said}${MARKS[type]}` : said), text);
const inner = (node) => (node.type === "hardBreak" ? "\n" : node.text === undefined ? (node.content ?? []).map(inner).join("") : marked(node.text, node.marks));
const SIGNS = { heading: (node) => `## ${inner(node)}`, codeBlock: (node) => `\`\`\`\n${inner(node)}\n\`\`\`` };

function blocks(nodes = []) {
  return nodes.map((node) => {
    if (node.type === "bulletList" || node.type === "orderedList") return (node.content ?? []).map((item) => `- ${inner(item)}`).join("\n");
    return (SIGNS[node.type] ?? inner)(node);
  });
}
