/** A boundary: what cannot be drawn says so in its own place, and breaks nothing around it. */
import { html, useState } from "./html.mjs";

/**
 * @param {{of?: any, what?: string, as?: string, className?: string}} props
 *        `of`: what is drawn; another value gets another try. `what` is said instead of what cannot be drawn.
 */
export function Guard({ of, what = "", as = "div", className = "", children }) {
  const [broken, setBroken] = useState(null);
  this.componentDidCatch = (error) => {
    console.info("could not be drawn:", error);
    setBroken({ of });
  };
  if (!broken || broken.of !== of) return children;
  return html`<${as} class=${`broken ${className}`}><span dir="auto">${String(what).slice(0, 200)}</span> <em>cannot be shown.</em><//>`;
}
