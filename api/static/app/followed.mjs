/** Reading what is followed: once, and again as it is after each event that touches it. */
import { useRef } from "./html.mjs";
import { useEvents } from "./live.mjs";
import { useLoad, useThrottled } from "./load.mjs";

const REST_MS = 200;

/**
 * As `useLoad`, with `again(position)`, which reads it as it is at that position at least.
 * @param {(min_position: number|null) => Promise<any>} read
 * @param {(event: object) => boolean} isTouched whether an event changes what is read
 * @param {number} ms at least so long between two readings
 */
export function useFollowed(key, read, isTouched, ms = REST_MS) {
  const reached = useRef(0);
  const loaded = useLoad(key, () => read(reached.current || null));
  const soon = useThrottled(loaded.reload, ms);
  const again = (position = 0) => {
    reached.current = Math.max(reached.current, position);
    soon();
  };
  useEvents(
    (events) => {
      const touching = events.filter(isTouched);
      if (touching.length || events.length === 0) again(touching.at(-1)?.position);
    },
    { beyond: true },
  );
  return { ...loaded, again };
}
