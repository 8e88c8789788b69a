/** Whether single keys are shortcuts: a choice that the browser keeps. */
import { createStore } from "./store.mjs";

const KEPT = "workledger.single-keys";

export const single = createStore(read());
export const areSingleKeys = () => single.get();

function read() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true;
  }
}

export function keepSingle(on) {
  single.set(on);
  try {
    localStorage.setItem(KEPT, on ? "on" : "off");
  } catch {
    /* Without storage the choice lasts as long as the page. */
  }
}
