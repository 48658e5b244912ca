import { h } from '../../dom/element.js';
import { dateAndTime } from '../../format/times.js';
import { describeFunction } from '../../gateway/functions.js';

/** How the function was deployed. Of its variables the names alone are shown: values may be nobody's business. */
export function createDetails(name) {
  const content = h('div', {}, h('p', {}, '…'));
  let generation;

  async function load() {
    try {
      const f = await describeFunction(name);
      content.replaceChildren(
        list('Deployment', [
          ['Image', f.image],
          ['Created', dateAndTime(f.createdAt)],
          ['Limits', resources(f.limits)],
          ['Requests', resources(f.requests)],
          ['Root file system', f.readOnlyRootFilesystem ? 'read-only' : 'writable'],
          ['Secrets', f.secrets?.join(', ') || 'none'],
        ]),
        list('Annotations', Object.entries(f.annotations ?? {})),
        list('Labels', Object.entries(f.labels ?? {})),
        h('h3', {}, 'Environment names'),
        names(Object.keys(f.envVars ?? {})),
      );
    } catch (error) {
      content.replaceChildren(h('p', { class: 'outcome bad' }, error.message));
    }
  }

  return {
    element: h('section', {}, h('h2', {}, 'Deployed as'), content),
    update: (f) => {
      // Read again when it was updated; the list that comes live does not hold all of it.
      if (f.generation === generation) return;
      generation = f.generation;
      load();
    },
  };
}

function list(title, entries) {
  return h(
    'div',
    {},
    h('h3', {}, title),
    entries.length === 0
      ? h('p', { class: 'empty' }, 'none')
      : h(
          'dl',
          { class: 'pairs' },
          ...entries.flatMap(([key, value]) => [h('dt', {}, key), h('dd', {}, value)]),
        ),
  );
}

function names(all) {
  if (all.length === 0) return h('p', { class: 'empty' }, 'none');
  return h('ul', { class: 'chips' }, ...all.sort().map((one) => h('li', {}, h('code', {}, one))));
}

function resources(given) {
  const said = [given?.memory && `memory ${given.memory}`, given?.cpu && `cpu ${given.cpu}`].filter(Boolean);
  return said.join(', ') || 'none';
}
