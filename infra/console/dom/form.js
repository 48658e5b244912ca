import { h } from './element.js';

let made = 0;

/**
 * A labelled control.
 *
 * @param {string} label
 * @param {HTMLElement} control
 * @param {{hint?: string, class?: string}} [options]
 */
export function field(label, control, { hint, class: className = '' } = {}) {
  const id = `field-${++made}`;
  control.id = id;
  if (hint !== undefined) control.setAttribute('aria-describedby', `${id}-hint`);
  return h(
    'div',
    { class: `field ${className}` },
    h('label', { for: id }, label),
    control,
    hint !== undefined && h('p', { class: 'hint', id: `${id}-hint` }, hint),
  );
}

/** @param {readonly (string | [string, string])[]} options values, or values with their words */
export function select(options, attributes = {}) {
  return h(
    'select',
    attributes,
    ...options.map((option) => {
      const [value, words] = Array.isArray(option) ? option : [option, option];
      return h('option', { value }, words);
    }),
  );
}

/** A place that says how an action went; read out when it changes. */
export function outcome() {
  const element = h('p', { class: 'outcome', role: 'status' });
  const say = (kind, text) => {
    element.className = `outcome ${kind}`;
    element.textContent = text;
  };
  return {
    element,
    busy: (text) => say('busy', text),
    good: (text) => say('good', text),
    bad: (error) => say('bad', error instanceof Error ? error.message : String(error)),
    clear: () => say('', ''),
  };
}

/**
 * Runs an action when a form is sent: its buttons rest meanwhile, what went wrong is said.
 *
 * @param {HTMLFormElement} form
 * @param {ReturnType<typeof outcome>} said
 * @param {() => Promise<string | void>} action answers what to say
 */
export function onSubmit(form, said, action) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const buttons = [...form.querySelectorAll('button[type=submit]')];
    for (const button of buttons) button.setAttribute('aria-disabled', 'true');
    if (form.dataset.busy) return;
    form.dataset.busy = 'yes';
    said.busy('…');
    try {
      const text = await action();
      if (text) said.good(text);
      else said.clear();
    } catch (error) {
      said.bad(error);
    } finally {
      delete form.dataset.busy;
      for (const button of buttons) button.removeAttribute('aria-disabled');
    }
  });
}
