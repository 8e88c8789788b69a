/** The icons, drawn on a grid of sixteen. */
import { html } from "./html.mjs";

const PATHS = {
  board: "M2.5 3h3v10h-3zM6.5 3h3v6h-3zM10.5 3h3v8h-3z",
  agents: "M4 6.5h8v6H4zM8 3.5v3M6.5 9.2v.6M9.5 9.2v.6M2.5 8.5v2M13.5 8.5v2",
  logs: "M2.5 3.5h11v9h-11zM5 6.5l1.8 1.6L5 9.7M8.5 10h2.5",
  sessions: "M2.5 4h8v5.5h-5L3.5 11.5v-2h-1zM12.5 6.5h1v5h-1v2l-2-2h-3",
  commits: "M8 2v3.5M8 10.5V14M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  activity: "M2 8h3l2-5 2.5 10L11.5 8H14",
  inbox: "M2.5 9.500 4.500 3.500h7l2 6v3.500h-11zM2.5 9.500h3.200l.9 1.500h2.800l.9-1.500h3.200",
  plan: "M2.500 3.500h4v2.500h-4zM6 8h4v2.500H6zM9.500 12.500h4M4.500 6v3.200H6M8 10.500v2h1.500",
  mail: "M2.500 4h11v8h-11zM2.500 4.500 8 8.500l5.500-4",
  key: "M5.500 6a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5M8 8.500h5.500v2M11 8.500V10",
  page: "M4 2.500h5l3 3v8H4zM9 2.500v3h3M6 8h4M6 10.500h4",
  comment: "M2.500 3.500h11v7H8l-3 2.500v-2.500H2.500z",
  flag: "M4 13.500v-11h7.500L9.500 5l2 2.500H4",
  search: "M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8M10 10l3.5 3.5",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  move: "M3 5h8M8.5 2.5 11 5 8.5 7.5M13 11H5M7.5 8.5 5 11l2.5 2.5",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4 6 8l4 4",
  check: "M3 8.5 6.5 12 13 4.5",
  blocked: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 4.2l7.6 7.6",
  alert: "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.1",
  link: "M6.5 9.5 9.5 6.5M7 4.5l1.3-1.3a2.6 2.6 0 0 1 3.7 3.7L10.7 8.2M9 11.5l-1.3 1.3A2.6 2.6 0 0 1 4 9.100L5.3 7.8",
  queue: "M3 4h10M3 8h6M3 12h6M11.5 9.500v4l2.5-2z",
  back: "M6 4 2.5 7.5 6 11M3 7.500h6.500a3.5 3.5 0 0 1 0 6H8",
  copy: "M5.5 5.500h7v7h-7zM3.5 10.500v-7h7",
  file: "M4 2.500h5l3 3v8H4zM9 2.500v3h3",
  branch: "M5 3.500v9M5 9c0-2 6-1.5 6-4M5 2.500v.1M11 4v.1M5 13v.1",
  clock: "M8 2.500a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 5v3.200l2 1.3",
  user: "M8 3a2.3 2.3 0 1 0 0 4.600A2.3 2.3 0 0 0 8 3M3.5 13c.6-2.6 2.3-3.7 4.5-3.700s3.9 1.1 4.5 3.7",
  gear: "M8 5.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5M8 2v1.500M8 12.500V14M2 8h1.500M12.5 8H14M3.8 3.800l1 1M11.2 11.200l1 1M12.2 3.800l-1 1M4.8 11.200l-1 1",
  edit: "M3 13l.7-2.800L10.5 3.400l2.1 2.1-6.8 6.800z",
  help: "M6 6.200a2 2 0 1 1 2.8 1.900c-.6.3-.8.7-.8 1.400M8 12v.1",
  play: "M5 3.5 12.5 8 5 12.500z",
  dot: "M8 6.500a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3",
  tool: "M10.5 2.800a3 3 0 0 0-3.7 3.900L2.8 10.700l2.5 2.5 4-4a3 3 0 0 0 3.9-3.700l-1.8 1.8-1.9-.8-.8-1.900z",
  think: "M5.5 11a4 4 0 1 1 5 0v1.500h-5zM6.5 14h3",
  trash: "M3 4.500h10M6 4.500v-2h4v2M4.5 4.500l.5 9h6l.5-9",
};

export const Icon = ({ name, label }) => html`
  <svg class=${`icon icon--${name}`} viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor"
    stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" role=${label ? "img" : undefined}
    aria-label=${label} aria-hidden=${label ? undefined : "true"} focusable="false">
    <path d=${PATHS[name] ?? PATHS.dot} />
  </svg>
`;

/** How urgent a task is, as bars: three for high. */
export const Priority = ({ level }) => html`
  <svg class=${`priority priority--${level}`} viewBox="0 0 16 16" width="14" height="14" role="img" aria-label=${`${level} priority`}>
    <title>${level} priority</title>
    <rect x="2" y="9" width="3" height="5" rx="1" />
    <rect x="6.5" y="6" width="3" height="8" rx="1" />
    <rect x="11" y="3" width="3" height="11" rx="1" />
  </svg>
`;
