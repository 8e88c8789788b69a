/** The commands of a noun of the plan, as buttons and a menu. */
import { html } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { Menu } from "./menu.mjs";
import { COMMANDS_OF, allowedOf, give, isDue } from "./nouns.mjs";

/** The commands that it takes: the usual ones as buttons, the rest in a menu. */
export function Actions({ noun, row, shown, then, small = true, extra = [] }) {
  const names = allowedOf(noun, row);
  const looks = COMMANDS_OF[noun];
  const buttons = names.filter((name) => shown.includes(name) && isDue(noun, row, name)).slice(0, 2);
  const rest = [
    ...extra,
    ...names.filter((name) => !buttons.includes(name)).map((name) => ({ label: looks[name].label, icon: html`<${Icon} name=${looks[name].icon} />`, tone: looks[name].tone === "bad" ? "bad" : null, run: () => give(noun, row, name, then) })),
  ];
  return html`
    <span class="actions">
      ${buttons.map((name) => html`<button key=${name} class=${`button ${small ? "button--small" : ""} ${looks[name].tone ? `button--${looks[name].tone}` : ""}`} onClick=${() => give(noun, row, name, then)}><${Icon} name=${looks[name].icon} />${looks[name].label}</button>`)}
      ${rest.length > 0 && html`<${Menu} label=${`More for ${row.name ?? "it"}`} className=${small ? "iconbutton" : "button button--icon"} items=${rest}><${Icon} name="more" /><//>`}
    </span>
  `;
}
