/** What reviewers say of a phase, file by file: said, answered, resolved. */
import { Actions } from "./actions.mjs";
import { get } from "./api.mjs";
import { Avatar, Badge, Loading, Time, Trouble } from "./bits.mjs";
import { useFollowed } from "./followed.mjs";
import { plural } from "./format.mjs";
import { html, useState } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { newComment, reply } from "./nouns.mjs";
import { Prose } from "./prose.mjs";

const PAGE = 100;
const MOST_PAGES = 20;
/** A comment is resolved with all its answers. */
const SETTLING = ["resolve", "unresolve"];
const MARKS = { added: "+", removed: "−", context: " " };

export function Comments({ phase }) {
  const [resolved, setResolved] = useState(false);
  const { data, error, loading, reload, again } = useFollowed(`comments/${phase.id}`, (min_position) => readAll(phase.id, min_position), ({ topic, tags }) => topic.startsWith("review_comment.") && tags?.phase === phase.id);
  if (loading) return html`<${Loading} lines=${2} what="the comments" />`;
  if (!data) return html`<${Trouble} error=${error} retry=${reload} />`;
  const threads = data.filter(({ parent_comment_id: parent }) => !data.some(({ id }) => id === parent));
  const open = threads.filter((comment) => !comment.resolved);
  const done = threads.filter((comment) => comment.resolved);
  const list = (some) => html`<ul class="comments">${some.map((comment) => html`<${Thread} key=${comment.id} comment=${comment} all=${data} then=${again} />`)}</ul>`;
  return html`
    ${threads.length === 0 && html`<p class="muted">No comments. Say here what is to be changed, then request changes.</p>`}
    ${list(open)}
    ${done.length > 0 && html`<button class="button button--small button--quiet" aria-expanded=${String(resolved)} onClick=${() => setResolved(!resolved)}><${Icon} name=${resolved ? "down" : "right"} />${plural(done.length, "resolved comment")}</button>`}
    ${resolved && list(done)}
    <button class="button button--small button--quiet" onClick=${() => newComment(phase.id, again)}><${Icon} name="plus" />Add comment</button>
  `;
}

/** By file and line; those of a line in the order in which they were made. */
async function readAll(phase_id, min_position) {
  const all = [];
  let cursor = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, pagination } = await get(["review-comments"], { phase_id, limit: PAGE, cursor, min_position });
    all.push(...items);
    cursor = pagination.next_cursor;
    if (!cursor) break;
  }
  return all;
}

function Thread({ comment, all, then }) {
  const isAnswer = all.some(({ id }) => id === comment.parent_comment_id);
  const commands = isAnswer ? comment.commands.filter((name) => !SETTLING.includes(name)) : comment.commands;
  const answers = all.filter(({ parent_comment_id: parent }) => parent === comment.id);
  return html`
    <li class=${`comment ${comment.resolved ? "comment--resolved" : ""}`}>
      <p class="comment__head"><${Avatar} name=${comment.author} small /><strong dir="auto">${comment.author}</strong>
        <code class=${`comment__line comment__line--${comment.line_type}`} title=${comment.file_path}>${MARKS[comment.line_type]} ${comment.file_path}:${comment.line_number}</code>
        ${comment.resolved && html`<${Badge} tone="good" icon="check">Resolved<//>`}<${Time} at=${comment.created_at} />
        <${Actions} noun="review-comments" row=${{ ...comment, commands, name: `the comment of ${comment.author}` }} shown=${SETTLING} then=${then}
          extra=${isAnswer ? [] : [{ label: "Answer", icon: html`<${Icon} name="back" />`, run: () => reply(comment, then) }]} /></p>
      <${Prose} text=${comment.body} />
      ${answers.length > 0 && html`<ul class="comments">${answers.map((answer) => html`<${Thread} key=${answer.id} comment=${answer} all=${all} then=${then} />`)}</ul>`}
    </li>
  `;
}
