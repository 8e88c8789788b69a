/** Refusals in people's words: what the service says to programs, said to who is typing. */
import { actorName } from "./bits.mjs";
import { get } from "./api.mjs";
import { ago, words } from "./format.mjs";
import { tell } from "./topics.mjs";

/** What a validator says of a value: [pattern, sentence(what was found, label)]. */
const SAID = [
  [/at most (\d+) items?/i, ([, most], label) => `At most ${most} ${label.toLowerCase()}.`],
  [/at least (\d+) items?/i, ([, least], label) => `At least ${least} ${label.toLowerCase()}.`],
  [/at most (\d+) characters?/i, ([, most]) => `At most ${most} letters.`],
  [/at least 1 character/i, () => "This cannot be empty."],
  [/at least (\d+) characters?/i, ([, least]) => `At least ${least} letters.`],
  [/greater than or equal to (-?[\d.]+)/i, ([, least]) => `At least ${least}.`],
  [/less than or equal to (-?[\d.]+)/i, ([, most]) => `At most ${most}.`],
  [/field required|required/i, () => "This is needed."],
  [/valid integer|whole number/i, () => "A whole number."],
  [/valid number/i, () => "A number."],
  [/input should be (.+)/i, ([, what]) => `It should be ${what}.`],
];

/** The names of the parts of a value that is wrong, the outermost first. */
const partsOf = (one) => (one.loc ?? String(one.pointer ?? one.field ?? "").replace(/^#?\//, "").split("/")).map(String);

function said(one, label) {
  const message = String(one.detail ?? one.message ?? one.msg ?? "");
  for (const [pattern, sentence] of SAID) {
    const match = pattern.exec(message);
    if (match) return sentence(match, label);
  }
  return message;
}

/**
 * A refusal as it is shown: `{message, code, marks, items}`, where `marks` is what is wrong by field,
 * and `items` what is wrong with something that the form does not ask for.
 */
export function plainly(error, fields = []) {
  const marks = {};
  const items = [];
  for (const one of error.errors ?? []) {
    const parts = partsOf(one);
    const field = fields.find(({ name }) => parts.includes(name));
    if (field) marks[field.name] ??= said(one, field.label);
    else items.push(`${words(parts.join(" "))}: ${said(one, words(parts[0] ?? "values"))}`);
  }
  const invalid = Object.keys(marks).length + items.length > 0;
  return { message: invalid ? "Some of it cannot be taken; please look at what is marked." : sentence(error), code: error.code, marks, items };
}

function sentence({ code = "", body = {}, message, status }) {
  if (status === 412) return "It has changed since you looked at it; nothing of yours was sent.";
  if (code.endsWith("INVALID_TRANSITION") && body.state) return `This is not possible while the ${words(body.kind) || "task"} is ${words(body.state)}.`;
  return message;
}

/** Events that change nothing that one could have looked at: cards give way to each other all the time. */
const isAside = ({ topic, data }) => topic === "task.reordered" || (topic === "task.moved" && data.from_column === data.board_column);

/** What has happened to a thing since a version: `{events, row}`, the first event of each command, without those aside. */
export async function meanwhile(id, version, noun = "tasks") {
  const { items } = await get([noun, id, "events"], { after_version: version, limit: 100 });
  const row = await get([noun, id], { min_position: items.at(-1)?.position });
  const commands = new Set();
  const events = items.filter((event) => {
    const command = event.command_id ?? event.correlation_id ?? event.event_id;
    if (isAside(event) || commands.has(command)) return false;
    return commands.add(command);
  });
  return { events, row };
}

/** Such as “Bob dropped it 6 seconds ago”. */
export const saidOf = (event) => `${actorName(event.actor)} ${tell(event).text} ${ago(event.at)}`;

/** The refusal of a command, with who was there first, if somebody was. */
export async function withWhoWasFirst(error, id, version, noun = "tasks") {
  if (!(error.status < 500) || error.errors.length) return error;
  try {
    const { events } = await meanwhile(id, version, noun);
    if (events.length) error.meanwhile = `${saidOf(events.at(-1))}.`;
  } catch {
    /* Nobody knows who it was. */
  }
  return error;
}
