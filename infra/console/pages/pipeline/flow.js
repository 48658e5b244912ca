import { h, setAttribute, setText, svg } from '../../dom/element.js';
import { rate } from '../../format/numbers.js';
import { arrowRates, boxFigures } from './flow-figures.js';
import { arrows, boxes, boxHeight, boxWidth, narrow, wide } from './flow-layout.js';

/** The drawing: events per second on every arrow, figures in every box; and the same in words. */
export function createFlow() {
  const isNarrow = matchMedia('(max-width: 46rem)');
  const holder = h('div');
  const words = Object.entries(arrows).map(([id, text]) => ({
    id,
    text,
    value: h('td', { class: 'number' }),
  }));
  let last;
  let drawing;

  function draw() {
    drawing = createDrawing(isNarrow.matches ? narrow : wide);
    holder.replaceChildren(drawing.element);
    if (last !== undefined) drawing.update(last);
  }
  isNarrow.addEventListener('change', draw);
  draw();

  return {
    element: h(
      'section',
      { 'aria-label': 'The way of an event' },
      holder,
      h(
        'details',
        {},
        h('summary', {}, 'Events per second, as a table'),
        h(
          'table',
          {},
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              h('th', { scope: 'col' }, 'From, to'),
              h('th', { scope: 'col', class: 'number' }, 'Events/s'),
            ),
          ),
          h(
            'tbody',
            {},
            ...words.map(({ text, value }) => h('tr', {}, h('th', { scope: 'row' }, text), value)),
          ),
        ),
      ),
    ),
    update: (state) => {
      last = state;
      drawing.update(state);
      const rates = arrowRates(state);
      for (const { id, value } of words) setText(value, rate(rates[id]));
    },
    close: () => isNarrow.removeEventListener('change', draw),
  };
}

function createDrawing(layout) {
  const drawnArrows = Object.entries(layout.arrows).map(([id, arrow]) => createArrow(id, arrow));
  const drawnBoxes = Object.entries(layout.places).map(([id, place]) => createBox(id, place));
  const element = svg(
    'svg',
    {
      class: 'flow',
      viewBox: `0 0 ${layout.width} ${layout.height}`,
      role: 'img',
      'aria-label':
        'Drawing of the pipeline from ingest and generate over Kafka topics and functions to both stores; its figures stand in the tables below.',
    },
    svg(
      'defs',
      {},
      svg(
        'marker',
        {
          id: 'tip',
          viewBox: '0 0 8 8',
          refX: 1,
          refY: 4,
          markerWidth: 8,
          markerHeight: 8,
          markerUnits: 'userSpaceOnUse',
          orient: 'auto',
        },
        svg('path', { class: 'tip', d: 'M0 0L8 4L0 8Z' }),
      ),
    ),
    ...drawnArrows.map((arrow) => arrow.path),
    ...drawnBoxes.map((box) => box.element),
    ...drawnArrows.map((arrow) => arrow.label),
  );
  return {
    element,
    update: (state) => {
      const rates = arrowRates(state);
      const figures = boxFigures(state);
      for (const arrow of drawnArrows) arrow.update(rates[arrow.id]);
      for (const box of drawnBoxes) box.update(figures[box.id]);
    },
  };
}

/** Arrows on which trouble flows. */
const troubles = new Set(['rejects', 'mongoDead', 'clickhouseDead']);

function createArrow(id, { path, at: [x, y], side = 'middle' }) {
  const line = svg('path', { d: path, class: 'arrow', 'marker-end': 'url(#tip)' });
  const label = svg('text', { x, y, 'text-anchor': side, class: 'rate' });
  return {
    id,
    path: line,
    label,
    update: (perSecond) => {
      const moves = perSecond > 0;
      const bad = moves && troubles.has(id) ? ' is-bad' : '';
      setAttribute(line, 'class', `arrow${moves ? ' is-moving' : ''}${bad}`);
      setAttribute(label, 'class', `rate${bad}`);
      setText(label, `${rate(perSecond)}/s`);
    },
  };
}

function createBox(id, [x, y]) {
  const { name, kind } = boxes[id];
  const height = kind === 'topic' ? 64 : boxHeight;
  const lines = [0, 1, 2].map((i) =>
    svg('text', { x, y: y - height / 2 + 41 + i * 16, 'text-anchor': 'middle', class: 'line' }),
  );
  const element = svg(
    'g',
    { class: kind },
    svg('rect', {
      class: 'box',
      x: x - boxWidth / 2,
      y: y - height / 2,
      width: boxWidth,
      height,
      rx: kind === 'topic' ? 20 : 8,
    }),
    svg('text', { x, y: y - height / 2 + 22, 'text-anchor': 'middle', class: 'name' }, name),
    ...lines,
  );
  return {
    id,
    element,
    update: ({ lines: texts, tone }) => {
      setAttribute(element, 'class', `${kind} ${tone}`.trim());
      for (const [i, line] of lines.entries()) setText(line, texts[i] ?? '');
    },
  };
}
