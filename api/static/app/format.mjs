/** Numbers, times and names as people read them. */

const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const SHORT = { year: "y", month: "mo", week: "w", day: "d", hour: "h", minute: "m" };
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric" });
const longAgo = new Intl.DateTimeFormat("en", { weekday: "long", year: "numeric", month: "long", day: "numeric" });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat("en");

/** A moment in milliseconds; NaN when it is none, and then the functions below say nothing. */
const timeOf = (at) => (typeof at === "string" || at instanceof Date ? new Date(at).getTime() : NaN);
export const isMoment = (at) => !Number.isNaN(timeOf(at));
const said = (at, format) => (isMoment(at) ? format(new Date(at)) : "");

export function ago(at, now = Date.now()) {
  if (!isMoment(at)) return "";
  const seconds = Math.round((timeOf(at) - now) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? [];
  if (unit) return relative.format(Math.trunc(seconds / size), unit);
  return seconds > -5 ? "just now" : `${-seconds} s ago`;
}

export function agoShort(at, now = Date.now()) {
  if (!isMoment(at)) return "";
  const seconds = Math.abs(timeOf(at) - now) / 1000;
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? [];
  return unit ? `${Math.trunc(seconds / size)}${SHORT[unit]}` : "now";
}

export const absolute = (at) => said(at, (date) => moment.format(date));
export const clockTime = (at) => said(at, (date) => clock.format(date));
export const dayOf = (at) => said(at, (date) => (date.getFullYear() === new Date().getFullYear() ? day : longAgo).format(date)) || "At some time";
export const count = (number) => plain.format(number ?? 0);
export const short = (number) => compact.format(number ?? 0);
export const cost = (usd) => (usd === null || usd === undefined ? "–" : `$${Number(usd).toFixed(2)}`);
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

export function bytes(size) {
  return size < 1024 ? `${size} B` : size < 1_048_576 ? `${(size / 1024).toFixed(1)} kB` : `${(size / 1_048_576).toFixed(1)} MB`;
}

export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `waiting_approval` as `waiting approval`. */
export const words = (name) => String(name ?? "").replaceAll(/[_-]/g, " ");
/** A question as an agent asks it: plain text, or an object that holds it. */
export const asked = (question) => String(typeof question === "string" ? question : (question?.question ?? JSON.stringify(question)));
/** Text from outside: without the escapes that colour terminals, and with its other control characters made visible. */
export const visible = (text) =>
  String(text ?? "")
    .replaceAll(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g, "")
    .replaceAll("\r\n", "\n")
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (letter) => (letter === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + letter.charCodeAt(0))));

export const sentenceCase = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** How a task stands, in the same words everywhere. */
export const stateName = (task) => sentenceCase(words(task.state ?? task.status));

/** Two letters; of a numbered name its number, as that is what tells it from the others. */
export function initials(name) {
  const parts = String(name).replace(/\(.*\)/, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const number = /\d+$/.exec(parts.at(-1) ?? "");
  if (number) return number[0].length > 1 ? number[0].slice(-2) : `${[...parts[0]][0].toUpperCase()}${number[0]}`;
  return (parts.length > 1 ? [...parts[0]][0] + [...parts.at(-1)][0] : [...(parts[0] ?? "?")].slice(0, 2).join("")).toUpperCase();
}

/** One of `kinds` numbers, always the same for a text: which hue its label or avatar has. */
export function hue(text, kinds = 8) {
  let sum = 0;
  for (const letter of String(text)) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return sum % kinds;
}
