/** Drafts: what was typed into a form and not sent, kept for as long as the tab, also when it is loaded again. */

const KEPT = "workledger.draft.";
const unkept = new Map();

/** `{values, base, version, at}`: the texts of the fields, what they were at first, and of which version; or null. */
export function draftOf(key) {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT + key)) ?? null;
  } catch {
    return unkept.get(key) ?? null;
  }
}

export function keepDraft(key, draft) {
  try {
    sessionStorage.setItem(KEPT + key, JSON.stringify(draft));
  } catch {
    unkept.set(key, draft);
  }
}

export function dropDraft(key) {
  unkept.delete(key);
  try {
    sessionStorage.removeItem(KEPT + key);
  } catch {
    /* Without storage there is nothing else to drop. */
  }
}
