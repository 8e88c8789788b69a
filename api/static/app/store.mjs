/** A store: one immutable value, and those who are told when it changes. */
import { useLayoutEffect, useReducer, useRef } from "./html.mjs";

export function createStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      const changed = typeof next === "function" ? next(value) : next;
      if (Object.is(changed, value)) return;
      value = changed;
      for (const listener of [...listeners]) listener();
    },
    patch(fields) {
      this.set({ ...value, ...fields });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The selected part of a store's value; the component is drawn again only when that part is another one. */
export function useStore(store, select = (value) => value) {
  const [, wake] = useReducer((times) => times + 1, 0);
  const drawn = useRef({});
  drawn.current = { select, part: select(store.get()) };
  useLayoutEffect(() => {
    const look = () => {
      if (!Object.is(drawn.current.select(store.get()), drawn.current.part)) wake();
    };
    look();
    return store.subscribe(look);
  }, [store]);
  return drawn.current.part;
}
