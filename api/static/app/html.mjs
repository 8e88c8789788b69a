/** What every view is written with: Preact's elements as htm templates, and its hooks. */
import { Fragment, h, render } from "preact";
import htm from "htm";

export const html = htm.bind(h);

/** A view that is drawn again only when one of its properties is another one. */
export function memo(View) {
  return function Remembered(props) {
    this.shouldComponentUpdate = (next) => Object.keys({ ...props, ...next }).some((name) => next[name] !== this.props[name]);
    return h(View, props);
  };
}

export { Fragment, render };
export { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
