/** What others have done to a thing since its form was opened, and what it is now. */
import { Diff } from "./bits.mjs";
import { plural, stateName } from "./format.mjs";
import { html } from "./html.mjs";
import { Icon } from "./icons.mjs";
import { saidOf } from "./refusal.mjs";

export const Conflict = ({ events, row, over }) => html`
  <div class="callout callout--warn conflict" role="alert">
    <${Icon} name="alert" />
    <div>
      <p><strong>Since you opened this:</strong></p>
      <ul>${events.map((event) => html`<li key=${event.event_id}>${saidOf(event)}</li>`)}</ul>
      <p class="conflict__now">Now: ${stateName(row)}${row.files_changed > 0 && html`, ${plural(row.files_changed, "file")} changed <${Diff} task=${row} />`}</p>
      <p>${over ? "It does not take this any more." : "Look at it again: nothing of yours was sent."}</p>
    </div>
  </div>
`;
