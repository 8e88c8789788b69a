/** A menu that opens from a button, above everything, and is walked with the arrow keys. */
import { html, useLayoutEffect, useRef, useState } from "./html.mjs";

const GAP = 4;

/**
 * @param {{label: string, className?: string, items: {label: any, icon?: any, run?: () => void, disabled?: boolean,
 *          hint?: string, tone?: string, checked?: boolean, heading?: boolean}[]}} props
 */
export function Menu({ label, className = "iconbutton", items, children, ...rest }) {
  const [open, setOpen] = useState(false);
  const button = useRef(null);
  const list = useRef(null);

  useLayoutEffect(() => {
    if (!open) return;
    list.current.showPopover();
    place(list.current, button.current);
    (list.current.querySelector("[aria-checked=true]") ?? list.current.querySelector("[role^=menuitem]:not(:disabled)"))?.focus();
  }, [open]);

  const shut = () => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (item) => {
    shut();
    item.run();
  };
  const toggled = (event) => event.newState === "closed" && setOpen(false);
  const key = (event) => {
    if (event.key === "Tab") return shut();
    if (event.key === "Escape") {
      event.preventDefault();
      shut();
    }
    const enabled = [...list.current.querySelectorAll("[role^=menuitem]:not(:disabled)")];
    const at = enabled.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key] ?? letter(enabled, at, event.key);
    if (to !== undefined) {
      event.preventDefault();
      enabled.at(to % enabled.length)?.focus();
    }
    event.stopPropagation();
  };

  return html`
    <button ref=${button} type="button" class=${className} aria-haspopup="menu" aria-expanded=${open ? "true" : "false"}
      aria-label=${label} title=${label} onClick=${() => setOpen(!open)} ...${rest}>${children}</button>
    ${open &&
    html`<div ref=${list} class="menu" role="menu" aria-label=${label} popover="auto" onToggle=${toggled} onKeyDown=${key}>
      ${items.map((item) =>
        item.heading
          ? html`<p class="menu__heading" role="presentation">${item.label}</p>`
          : html`<button type="button" role=${item.checked === undefined ? "menuitem" : "menuitemradio"} tabindex="-1"
              class=${`menu__item ${item.tone ? `menu__item--${item.tone}` : ""}`} disabled=${item.disabled}
              aria-checked=${item.checked === undefined ? undefined : String(item.checked)} onClick=${() => choose(item)}>
              <span class="menu__icon">${item.icon}</span><span class="menu__label">${item.label}</span>
              ${item.hint && html`<span class="menu__hint">${item.hint}</span>`}
            </button>`,
      )}
    </div>`}
  `;
}

function letter(items, at, key) {
  if (key.length !== 1) return undefined;
  const starts = (item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase());
  const next = items.findIndex((item, index) => index > at && starts(item));
  const found = next < 0 ? items.findIndex(starts) : next;
  return found < 0 ? undefined : found;
}

/** Below the button, or above it, wherever there is room. */
function place(list, button) {
  const anchor = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const below = anchor.bottom + GAP + height <= innerHeight || anchor.top < height;
  list.style.top = `${Math.max(GAP, below ? Math.min(anchor.bottom + GAP, innerHeight - height - GAP) : anchor.top - GAP - height)}px`;
  list.style.left = `${Math.max(GAP, Math.min(anchor.right - width, innerWidth - width - GAP))}px`;
}
