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
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const plain = new Intl.NumberFormat("en");

export function ago(at, now = Date.now()) {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? [];
  return unit ? relative.format(Math.trunc(seconds / size), unit) : "just now";
}

export function agoShort(at, now = Date.now()) {
  const seconds = Math.abs(Date.parse(at) - now) / 1000;
  const [unit, size] = UNITS.find(([, size]) => seconds >= size) ?? [];
  return unit ? `${Math.trunc(seconds / size)}${SHORT[unit]}` : "now";
}

export const absolute = (at) => moment.format(new Date(at));
export const clockTime = (at) => clock.format(new Date(at));
export const dayOf = (at) => day.format(new Date(at));
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
export const asked = (question) => (typeof question === "string" ? question : (question?.question ?? JSON.stringify(question)));
export const sentenceCase = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export function initials(name) {
  const parts = String(name).replace(/\(.*\)/, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return (parts.length > 1 ? parts[0][0] + parts.at(-1)[0] : (parts[0] ?? "?").slice(0, 2)).toUpperCase();
}

/** One of `kinds` numbers, always the same for a text: which hue its label or avatar has. */
export function hue(text, kinds = 8) {
  let sum = 0;
  for (const letter of String(text)) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return sum % kinds;
}
