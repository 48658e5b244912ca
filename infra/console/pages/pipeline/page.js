import { h } from '../../dom/element.js';
import { createConsumers } from './consumers.js';
import { createFlow } from './flow.js';
import { createLag } from './lag.js';
import { createParts } from './parts.js';
import { createPlots } from './plots.js';
import { createStores } from './stores.js';

/** The way of an event, live. */
export default function pipelinePage({ live }) {
  const sections = [
    createParts(),
    createFlow(),
    createLag(),
    createConsumers(),
    createStores(),
    createPlots(live),
  ];
  return {
    title: 'Pipeline',
    element: h('div', {}, ...sections.map((section) => section.element)),
    update: (state) => {
      for (const section of sections) section.update(state);
    },
    close: () => {
      for (const section of sections) section.close?.();
    },
  };
}
