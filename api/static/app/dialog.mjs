/** A dialog: the browser's own, so that focus stays inside and Esc closes it. */
import { html, useLayoutEffect, useRef } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { Announcer, Notices } from "./notices.mjs";

/**
 * @param {{label: string, kind?: "panel"|"form"|"help", onClose: () => void}} props
 */
export function Dialog({ label, kind = "form", onClose, children }) {
  const ref = useRef(null);
  const open = useRef(false);
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    const card = before?.closest("[data-task]")?.dataset.task;
    dialog.showModal();
    open.current = true;
    dialog.querySelector("[data-first]")?.focus();
    return () => {
      open.current = false;
      dialog.close();
      const back = before?.isConnected ? before : document.querySelector(`[data-task="${CSS.escape(card ?? "")}"] a`);
      back?.focus();
    };
  }, []);
  const cancel = (event) => {
    if (event.target !== ref.current) return;
    event.preventDefault();
    onClose();
  };
  const outside = (event) => kind !== "form" && event.target === ref.current && onClose();
  const closed = (event) => event.target === ref.current && open.current && onClose();
  return html`
    <dialog ref=${ref} class=${`dialog dialog--${kind}`} aria-label=${label} onCancel=${cancel} onClose=${closed} onMouseDown=${outside}>
      <div class="dialog__body">${children}</div>
      <${Announcer} /><${Notices} />
    </dialog>
  `;
}

export const CloseButton = ({ onClose }) => html`
  <button class="iconbutton" aria-label="Close" title="Close (Esc)" onClick=${onClose}><${Icon} name="close" /></button>
`;
