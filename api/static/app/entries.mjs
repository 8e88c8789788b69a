/** Log chunks as entries to read: the JSON lines of agents, as text, tool calls and results; what is no JSON stays text. */
import { isMoment, visible, words } from "./format.mjs";

/** A record that has not ended after so many characters is none. */
const LONGEST_RECORD = 4_000_000;

/**
 * The entries of chunks in order; the result of a tool call stands in the entry of its call.
 * A JSON line that is cut by the end of a chunk is put together with the next one.
 * @param {{seq: number, content: string, created_at: string}[]} chunks
 * @returns {{key: string, at: string, kind: "prompt"|"text"|"thinking"|"tool"|"result"|"quiet"|"output", text: string,
 *            name?: string, detail?: string, edit?: object, failed?: boolean, result?: {text: string, failed: boolean}}[]}
 */
export function entriesOf(chunks) {
  const entries = [];
  const calls = new Map();
  let rest = "";
  for (const chunk of chunks) {
    const { records, left } = rest ? recordsOf(rest + chunk.content) : remembered(chunk);
    if (left.length > LONGEST_RECORD) records.push(left);
    rest = left.length > LONGEST_RECORD ? "" : left;
    records.forEach((record, index) => add(entries, calls, record, `${chunk.seq}.${index}`, chunk.created_at));
  }
  if (rest) add(entries, calls, rest, "rest", chunks.at(-1).created_at);
  return entries;
}

function add(entries, calls, record, key, at) {
  entriesIn(record).forEach((entry, index) => {
    if (entry.kind === "result" && calls.has(entry.call)) {
      calls.get(entry.call).result = { text: visible(entry.text), failed: entry.failed };
      return;
    }
    const text = visible(entry.text);
    if (!text.trim() && !entry.name) return;
    const whole = { ...entry, text, name: entry.name && visible(entry.name), key: `${key}.${index}`, at: isMoment(record.timestamp) ? record.timestamp : at };
    entries.push(whole);
    if (entry.kind === "tool" && entry.call) calls.set(entry.call, whole);
  });
}

/** A record that is not as it should be is shown as it stands. */
function entriesIn(record) {
  if (typeof record === "string") return [{ kind: "output", text: record }];
  try {
    return read(record);
  } catch {
    return [{ kind: "output", text: pretty(record) }];
  }
}

const known = new WeakMap();

/** Chunks never change, so each is read once. */
function remembered(chunk) {
  if (!known.has(chunk)) known.set(chunk, recordsOf(chunk.content));
  return known.get(chunk);
}

/** The JSON objects and the text between them, and what may be the beginning of the next object. */
function recordsOf(content) {
  const whole = parse(content);
  if (whole) return { records: [whole], left: "" };
  const lines = content.split("\n");
  const last = lines.at(-1).trimStart().startsWith("{") && !parse(lines.at(-1)) ? lines.pop() : "";
  const records = [];
  let text = [];
  const said = () => {
    if (text.join("").trim()) records.push(text.join("\n"));
    text = [];
  };
  for (const line of lines) {
    const record = parse(line);
    if (!record) text.push(line);
    else {
      said();
      records.push(record);
    }
  }
  said();
  return { records, left: last };
}

function parse(line) {
  if (!line.trimStart().startsWith("{")) return null;
  try {
    const value = JSON.parse(line);
    return value && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** What one record says, whoever wrote it. */
function read(record) {
  if (record.payload && typeof record.payload === "object" && record.type) return readCodex(record);
  const { message, type } = record;
  if (message && typeof message === "object") return blocks(message.content ?? message.text, message.role ?? type);
  if (type === "system" || type === "result") return [quiet(words(record.subtype ?? type), record.result ?? record.content)];
  if (type === "progress") return readProgress(record.data ?? {});
  if (record.role) return blocks(record.content ?? record.text, record.role);
  if (["text", "thinking", "tool_use", "tool_result"].includes(type)) return blocks([record], "assistant");
  if (type === "summary" || type === "ai-title") return [quiet("title", record.summary ?? record.title ?? record.aiTitle)];
  if (typeof record.text === "string" || typeof message === "string") return [{ kind: "output", text: record.text ?? message }];
  if (type) return [quiet(words(type), record.operation ?? "")];
  return [{ kind: "output", text: JSON.stringify(record, null, 2) }];
}

function blocks(content, role) {
  const said = role === "user" ? "prompt" : "text";
  if (!Array.isArray(content)) return [{ kind: said, text: plain(content) }];
  return content.map((block) => {
    if (typeof block !== "object" || block === null) return { kind: said, text: plain(block) };
    if (block.type === "tool_use") return { kind: "tool", name: plain(block.name) || "tool", call: block.id, text: brief(block.input), detail: pretty(block.input), edit: editOf(block.input) };
    if (block.type === "tool_result") return { kind: "result", call: block.tool_use_id, text: plain(block.content), failed: Boolean(block.is_error) };
    if (block.type === "thinking") return { kind: "thinking", text: plain(block.thinking) };
    if (block.text !== undefined && block.text !== null) return { kind: said, text: plain(block.text) };
    return quiet(words(block.type ?? "block"), "");
  });
}

function readProgress(data) {
  if (data.type === "hook_progress") return [];
  return [quiet(words(data.type ?? "progress"), plain(data.output ?? data.fullOutput).trim().split("\n").at(-1))];
}

function readCodex({ type, payload }) {
  if (payload.type === "message") return blocks(payload.content, payload.role);
  if (payload.type === "function_call") return [{ kind: "tool", name: plain(payload.name) || "tool", call: payload.call_id, text: brief(parse(plain(payload.arguments)) ?? payload.arguments), detail: pretty(payload.arguments) }];
  if (payload.type === "function_call_output") return [{ kind: "result", call: payload.call_id, text: plain(payload.output) }];
  if (payload.type === "reasoning") return [{ kind: "thinking", text: plain(payload.summary) }];
  if (["agent_message", "user_message", "token_count"].includes(payload.type)) return [];
  return [quiet(words(payload.type ?? type), "")];
}

const quiet = (name, text) => ({ kind: "quiet", name: String(name ?? ""), text: plain(text) });

/** What an edit takes out and puts in. */
const editOf = (input) => (typeof input?.old_string === "string" ? { before: input.old_string, after: plain(input.new_string) } : undefined);

/** The part of a tool's input that tells most. */
function brief(input) {
  if (typeof input !== "object" || input === null) return plain(input);
  const told = input.command ?? input.file_path ?? input.path ?? input.pattern ?? input.query ?? input.url ?? input.description ?? input.subject ?? input.prompt;
  return typeof told === "string" ? told : written(input);
}

const pretty = (input) => (typeof input === "object" && input !== null ? written(input, 2) : plain(input));

function plain(content) {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map((part) => (typeof part?.text === "string" ? part.text : typeof part === "string" ? part : `[${part?.type ?? "part"}]`)).join("\n");
  return content === null || content === undefined ? "" : written(content, 2);
}

/** A value as JSON; one that is nested too deeply has none. */
function written(value, indent) {
  try {
    return JSON.stringify(value, null, indent) ?? "";
  } catch {
    return "[nested too deeply to be shown]";
  }
}
