import { h } from '../../dom/element.js';
import { field } from '../../dom/form.js';
import { request } from '../../gateway/request.js';

/** Where this tab keeps it; no other page and no address ever has it. */
const place = 'query-key';

/** The key that `query` wants where QUERY_KEYS are set. */
export function createKey() {
  const input = h('input', { type: 'password', autocomplete: 'off', spellcheck: false });
  input.value = sessionStorage.getItem(place) ?? '';
  input.addEventListener('change', () => sessionStorage.setItem(place, input.value));
  const element = h(
    'details',
    { class: 'filters', open: input.value !== '' },
    h('summary', {}, 'With a key'),
    field('Key', input, {
      hint: 'One of QUERY_KEYS, where they are set. This tab forgets it when it is closed.',
    }),
  );
  const headers = () => (input.value === '' ? {} : { authorization: `Bearer ${input.value}` });
  return {
    element,
    headers,
    /** Makes a link that downloads send the key as well. */
    download(link, said) {
      link.addEventListener('click', async (event) => {
        if (input.value === '') return;
        event.preventDefault();
        try {
          const file = await (await request('GET', link.getAttribute('href'), undefined, headers())).blob();
          const address = URL.createObjectURL(file);
          h('a', { href: address, download: link.download }).click();
          URL.revokeObjectURL(address);
        } catch (error) {
          said.bad(error);
        }
      });
      return link;
    },
  };
}
