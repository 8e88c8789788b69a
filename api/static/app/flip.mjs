/** Cards that travel: what moved while one watches slides from its old place to the new one. */
import { useLayoutEffect, useRef } from "./html.mjs";

const MS = 320;
const MOST = 400;
const EASING = "cubic-bezier(.2,.8,.2,1)";
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * Slides the `[data-task]` elements inside `ref` whenever `key` is another one, from where they stood just before.
 * With another `sight`, which is what is looked for, nothing has moved: other cards are shown.
 */
export function useTravel(ref, key, sight) {
  const before = useRef({ key: null, sight, places: new Map() });
  if (before.current.key !== key) {
    before.current = { key, sight, places: before.current.sight === sight ? measure(ref.current) : new Map() };
  }
  useLayoutEffect(() => {
    const { places } = before.current;
    if (places.size === 0) return;
    for (const [id, { element, box, column }] of measure(ref.current)) {
      const old = places.get(id);
      if (!old) arrive(element);
      else if (old.column !== column) travel(element, old.box, box);
      else if (old.box.top !== box.top) slide(element, old.box, box);
    }
  }, [key]);
}

function measure(root) {
  const cards = root?.querySelectorAll("[data-task]") ?? [];
  if (cards.length > MOST) return new Map();
  return new Map([...cards].map((element) => [
    element.dataset.task,
    { element, box: element.getBoundingClientRect(), column: element.parentElement.dataset.column },
  ]));
}

function slide(element, from, to) {
  if (!calm.matches) element.animate([{ transform: `translateY(${from.top - to.top}px)` }, { transform: "none" }], { duration: MS, easing: EASING });
}

/** Columns clip what leaves them, so a likeness of the card makes the way. */
function travel(element, from, to) {
  if (calm.matches) return arrive(element);
  const likeness = element.cloneNode(true);
  likeness.inert = true;
  likeness.removeAttribute("data-task");
  likeness.classList.add("card--travelling");
  for (const side of ["left", "top", "width", "height"]) likeness.style[side] = `${to[side]}px`;
  element.closest(".board").append(likeness);
  element.classList.add("card--away");
  const way = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
  likeness.animate([{ transform: way }, { transform: "none" }], { duration: MS, easing: EASING }).finished.finally(() => {
    likeness.remove();
    element.classList.remove("card--away");
    arrive(element);
  });
}

function arrive(element) {
  element.classList.add("card--arrived");
  setTimeout(() => element.classList.remove("card--arrived"), 1600);
}
