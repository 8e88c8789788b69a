/** The fields of a form: drawn once with what they hold at first, so that nothing that is typed is ever drawn over. */
import { html } from "./html.mjs";
import { TaskPicker } from "./picker.mjs";

/**
 * `theirs`: what somebody else has made of it meanwhile, beside what one has typed; `scope` tells it from fields of the
 * same name in other forms.
 */
export function Field({ field, first, text, error, theirs, take, scope = "" }) {
  const id = `field-${scope}${field.name}`;
  const note = error || field.hint;
  const props = {
    id,
    name: field.name,
    required: field.required,
    placeholder: field.placeholder,
    "data-first": first ? true : undefined,
    "aria-invalid": error ? "true" : undefined,
    "aria-describedby": note ? `${id}-note` : undefined,
  };
  return html`
    <div class="field">
      <label for=${id}>${field.label}${!field.required && !field.options && html`<span class="field__optional">optional</span>`}</label>
      ${control(field, text, props)}
      ${note && html`<p id=${`${id}-note`} class=${error ? "field__error" : "field__hint"}>${note}</p>`}
      ${theirs !== undefined &&
      html`<div class="theirs" role="group" aria-label=${`${field.label}, as it is now`}><p class="theirs__text" dir="auto">${theirs || "(empty)"}</p>
        <button type="button" class="button button--small" onClick=${() => take(field.name, theirs)}>Take theirs</button>
        <button type="button" class="button button--small" onClick=${() => take(field.name)}>Keep mine</button></div>`}
    </div>
  `;
}

function control(field, text, props) {
  if (field.type === "textarea") return html`<textarea rows="4" dir="auto" maxlength=${field.max} defaultValue=${text} ...${props}></textarea>`;
  if (field.type === "checks")
    return html`<fieldset class="checks" id=${props.id}><legend class="hidden">${field.label}</legend>
      ${field.options.map(({ value, label }, index) => html`<label class="switch"><input type="checkbox" name=${field.name} value=${value} defaultChecked=${tagsOf(text).includes(value)} data-first=${index === 0 ? props["data-first"] : undefined} />${label}</label>`)}
    </fieldset>`;
  if (field.type === "task") return html`<${TaskPicker} field=${field} text=${text} props=${props} />`;
  if (field.type === "select")
    return html`<select ...${props}>
      ${field.options.map((option) => html`<option value=${option.value} selected=${option.value === text} disabled=${option.disabled}>${option.label}</option>`)}
    </select>`;
  if (field.type === "number") return html`<input type="number" min=${field.min} max=${field.max} defaultValue=${text} ...${props} />`;
  return html`<input type="text" dir="auto" maxlength=${field.max} defaultValue=${text} autocomplete="off" ...${props} />`;
}

/** What a field holds, as it is typed. */
export const textOf = (value) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));

/** The texts of all fields; of several that are ticked, with commas between. */
export const textsOf = (fields, data) => Object.fromEntries(fields.map(({ name }) => [name, data.getAll(name).join(", ")]));

const tagsOf = (text) => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];

/**
 * The values as a command takes them: tags and ticks are a list, numbers are numbers; what is empty is left out, or null to clear it.
 * With `base`, only those that are no longer what they were.
 */
export function valuesOf(fields, texts, base = null) {
  const values = {};
  for (const { name, type, clears } of fields) {
    const text = texts[name].trim();
    if (base && text === base[name].trim()) continue;
    if (type === "tags" || type === "checks") values[name] = tagsOf(text);
    else if (text) values[name] = type === "number" ? Number(text) : text;
    else if (clears) values[name] = null;
  }
  return values;
}

/** What is wrong with the texts, by field, in the words of the form; what the browser sees by itself is left to it. */
export function wrongsOf(fields, texts) {
  const wrongs = {};
  for (const { name, label, type, most, longest } of fields) {
    if (type !== "tags") continue;
    const tags = tagsOf(texts[name]);
    const long = tags.find((tag) => tag.length > longest);
    if (tags.length > most) wrongs[name] = `At most ${most} ${label.toLowerCase()}; these are ${tags.length}.`;
    else if (long) wrongs[name] = `“${long.slice(0, 30)}…” is too long: at most ${longest} letters each.`;
  }
  return wrongs;
}
