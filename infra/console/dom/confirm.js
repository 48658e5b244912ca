import { h } from './element.js';

/**
 * Asks before something that cannot be taken back. The keyboard stands on "Cancel".
 *
 * @param {{title: string, text: string, lines?: readonly string[], action: string}} question `lines` tell what it is about
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, lines = [], action }) {
  return new Promise((resolve) => {
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = h(
      'dialog',
      { 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' },
      h('h2', { id: 'confirm-title' }, title),
      h('p', { id: 'confirm-text' }, text),
      lines.length > 0 && h('ul', { class: 'differences' }, ...lines.map((line) => h('li', {}, line))),
      h(
        'div',
        { class: 'buttons' },
        h('button', { type: 'button', onclick: () => close(false), autofocus: true }, 'Cancel'),
        h('button', { type: 'button', class: 'danger', onclick: () => close(true) }, action),
      ),
    );
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      close(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
