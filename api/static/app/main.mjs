/** The beginning: the shell is drawn, and the page starts to keep in step. */
import { html, render } from "./html.mjs";
import { start } from "./live.mjs";
import { Shell } from "./shell.mjs";

const root = document.getElementById("app");
root.replaceChildren();
render(html`<${Shell} />`, root);
start();
