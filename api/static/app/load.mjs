/** Reading for one view: what came, what went wrong, and the way to read again. */
import { isPassing } from "./api.mjs";
import { useCallback, useEffect, useRef, useState } from "./html.mjs";

const RETRY_MS = 3_000;

/**
 * Read when the key changes, and again on `reload()`; what was there stays until the new answer has come.
 * What cannot be read for now is tried again.
 * @param {string} key what is read; another key forgets the old answer
 * @param {() => Promise<any>} read
 */
export function useLoad(key, read) {
  const [state, setState] = useState({ key: null, data: null, error: null });
  const turn = useRef(0);
  const retry = useRef(null);
  const latest = useRef(read);
  latest.current = read;
  const reload = useCallback(async () => {
    const mine = ++turn.current;
    clearTimeout(retry.current);
    try {
      const data = await latest.current();
      if (mine === turn.current) setState({ key, data, error: null });
    } catch (error) {
      if (mine !== turn.current) return;
      setState((before) => ({ key, data: before.key === key ? before.data : null, error }));
      if (isPassing(error)) retry.current = setTimeout(reload, RETRY_MS);
    }
  }, [key]);
  useEffect(() => {
    reload();
    return () => {
      turn.current++;
      clearTimeout(retry.current);
    };
  }, [reload]);
  const current = state.key === key ? state : { data: null, error: null };
  return { data: current.data, error: current.error, loading: !current.data && !current.error, reload };
}

/** `run`, at most once in so many milliseconds, and once more after the last call. */
export function useThrottled(run, ms = 400) {
  const timer = useRef(null);
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      latest.current();
    }, ms);
  }, [ms]);
}
