/** The commit history: what was written to the repository, and which stage run or agent wrote it. */
import { get } from "./api.mjs";
import { Avatar, Badge, Copy, Empty, Loading, Time, Trouble } from "./bits.mjs";
import { count, dayOf, plural, visible, words } from "./format.mjs";
import { Guard } from "./guard.mjs";
import { html } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { useEvents } from "./live.mjs";
import { useLoad, useThrottled } from "./load.mjs";
import { link } from "./route.mjs";

const PAGE = 20;
const TONES = { succeeded: "good", failed: "bad", running: "info", queued: "info", cancelled: "plain" };

export function Commits({ project, query }) {
  const offset = Math.max(0, Number(query.offset) || 0);
  const { data, error, loading, reload } = useLoad(`${project}/${offset}`, () => get(["projects", project, "commits"], { limit: PAGE, offset }));
  const again = useThrottled(reload);
  useEvents((events) => events.some(({ topic }) => topic.startsWith("commit.") || topic.startsWith("stage_run.")) && again());
  return html`
    <div class="page">
      <header class="page__head"><h2>Commits</h2>${data && html`<span class="page__count">${count(data.pagination.total)}</span>`}</header>
      ${loading && html`<${Loading} lines=${8} what="the commits" />`}
      ${error && html`<${Trouble} error=${error} retry=${reload} />`}
      ${data && (data.commits.length ? html`<${Days} commits=${data.commits} />` : html`<${Empty} icon="commits" title="No commits">They appear when the history of a repository is imported, or an agent commits.<//>`)}
      ${data && data.pagination.total > PAGE && html`<${Pager} ...${data.pagination} />`}
    </div>
  `;
}

function Days({ commits }) {
  const days = new Map();
  for (const commit of commits) days.set(dayOf(commit.created_at), [...(days.get(dayOf(commit.created_at)) ?? []), commit]);
  return [...days].map(([day, all]) => html`<section class="day" key=${day}><h3>${day}</h3><ul class="commits">${all.map((commit) => html`<${Guard} key=${commit.id} of=${commit} what=${commit.message} as="li" className="commit"><${Commit} commit=${commit} /><//>`)}</ul></section>`);
}

function Commit({ commit }) {
  const [subject, ...rest] = visible(commit.message).split("\n");
  const body = rest.join("\n").trim();
  const files = commit.files_changed ?? [];
  const author = commit.author_name ?? commit.triggered_by ?? "unknown";
  return html`
    <li class="commit">
      <${Avatar} name=${author} />
      <div class="commit__main">
        <p class="commit__subject" dir="auto">${subject}</p>
        ${body && html`<p class="commit__body">${body}</p>`}
        <div class="commit__by"><span>${author}</span> <${Time} at=${commit.created_at} />
          ${commit.triggered_by && html`<span>by ${words(commit.triggered_by)}</span>`}
          ${commit.document_type && html`<${Badge}>${words(commit.document_type)}<//>`}
          ${commit.stage_run && html`<${Badge} tone=${TONES[commit.stage_run.status] ?? "plain"} icon="play" title=${`Stage run ${commit.stage_run.id}`}>${words(commit.stage_run.stage)} ${words(commit.stage_run.status)}<//>`}
          ${files.length > 0 &&
          html`<details class="commit__files"><summary>${plural(files.length, "file")}</summary><ul>${files.map((file) => html`<li><${Icon} name="file" /><code>${typeof file === "string" ? file : file.path}</code></li>`)}</ul></details>`}
        </div>
      </div>
      <${Copy} text=${commit.commit_sha} label=${`Copy ${commit.commit_sha}`}><code>${commit.commit_sha.slice(0, 9)}</code><//>
    </li>
  `;
}

function Pager({ total, limit, offset, has_more }) {
  const to = (at) => link({ rest: [], query: at > 0 ? { offset: at } : {} });
  return html`
    <nav class="pager" aria-label="Pages of the history">
      ${offset > 0 ? html`<a class="button" href=${to(Math.max(0, offset - limit))} rel="prev"><${Icon} name="left" />Newer</a>` : html`<span></span>`}
      <span class="pager__where">${count(offset + 1)} to ${count(Math.min(offset + limit, total))} of ${count(total)}</span>
      ${has_more ? html`<a class="button" href=${to(offset + limit)} rel="next">Older<${Icon} name="right" /></a>` : html`<span></span>`}
    </nav>
  `;
}
