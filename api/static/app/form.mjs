/** A form in a dialog: its fields are told as data, and what the service refuses stands where it was typed. */
import { CloseButton, Dialog } from "./dialog.mjs";
import { Trouble } from "./bits.mjs";
import { html, useState } from "./html.mjs";
import { createStore, useStore } from "./store.mjs";

const shown = createStore(null);

/**
 * Ask for some values, and run something with them.
 * @param {{title: string, text?: string, submit: string, tone?: string, fields: object[], run: (values: object) => Promise<any>}} form
 *        a field is `{name, label, type?, options?, value?, required?, clears?, max?, min?, hint?, placeholder?}`
 */
export const ask = (form) => shown.set(form);
export const asking = () => shown.get() !== null;

export const Forms = () => {
  const form = useStore(shown);
  return form && html`<${Form} key=${form.title} form=${form} />`;
};

function Form({ form }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const close = () => shown.set(null);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await form.run(valuesOf(form.fields, new FormData(event.target)));
      close();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  const hurry = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit();
  };
  return html`
    <${Dialog} label=${form.title} onClose=${close}>
      <form class="form" onSubmit=${submit} onKeyDown=${hurry}>
        <header class="form__head"><h2>${form.title}</h2><${CloseButton} onClose=${close} /></header>
        ${form.text && html`<p class="form__text">${form.text}</p>`}
        ${form.fields.map((field, index) => html`<${Field} key=${field.name} field=${field} first=${index === 0} error=${errorOf(error, field.name)} />`)}
        ${error && html`<${Trouble} error=${error} />`}
        <footer class="form__foot">
          <button type="button" class="button" onClick=${close}>Cancel</button>
          <button type="submit" class=${`button button--${form.tone ?? "primary"}`} data-first=${form.fields.length ? undefined : true} disabled=${busy}>
            ${busy ? "One moment…" : form.submit}
          </button>
        </footer>
      </form>
    <//>
  `;
}

function Field({ field, first, error }) {
  const id = `field-${field.name}`;
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
      <label for=${id}>${field.label}${!field.required && field.type !== "select" && html`<span class="field__optional">optional</span>`}</label>
      ${control(field, props)}
      ${note && html`<p id=${`${id}-note`} class=${error ? "field__error" : "field__hint"}>${note}</p>`}
    </div>
  `;
}

function control(field, props) {
  if (field.type === "textarea") return html`<textarea rows="4" maxlength=${field.max} ...${props}>${field.value ?? ""}</textarea>`;
  if (field.type === "select")
    return html`<select ...${props}>
      ${field.options.map((option) => html`<option value=${option.value} selected=${option.value === field.value} disabled=${option.disabled}>${option.label}</option>`)}
    </select>`;
  if (field.type === "number") return html`<input type="number" min=${field.min} max=${field.max} value=${field.value} ...${props} />`;
  return html`<input type="text" maxlength=${field.max} value=${field.value ?? ""} autocomplete="off" ...${props} />`;
}

/** The values as a command takes them: tags are a list, numbers are numbers; what is empty is left out, or null to clear it. */
function valuesOf(fields, data) {
  const values = {};
  for (const { name, type, value, clears } of fields) {
    const text = String(data.get(name) ?? "").trim();
    if (type === "tags") values[name] = text ? text.split(",").map((tag) => tag.trim()).filter(Boolean) : [];
    else if (text) values[name] = type === "number" ? Number(text) : text;
    else if (clears && value) values[name] = null;
  }
  return values;
}

function errorOf(error, name) {
  const found = error?.errors?.find((one) => String(one.pointer ?? one.field ?? (one.loc ?? []).join("/")).split("/").includes(name));
  return found && (found.detail ?? found.message ?? found.msg);
}
