import { h } from '../../dom/element.js';
import { field, select } from '../../dom/form.js';
import { createTimeRange } from './time-range.js';

/**
 * The pickers of a question's parameters.
 *
 * @param {readonly import('./document.js').Parameter[]} parameters
 * @param {URLSearchParams} given values to begin with
 * @returns {{elements: Node[], read: () => [string, string][]}} `read` gives what was chosen, one pair a parameter
 */
export function createControls(parameters, given) {
  const names = new Set(parameters.map((parameter) => parameter.name));
  const controls = parameters
    .filter(({ name }) => !elsewhere.has(name))
    .map((parameter) => ({
      name: parameter.name,
      ...createControl(parameter, given.get(parameter.name)),
    }));
  const time = names.has('from') ? [createTimeRange(given)] : [];
  const properties = names.has('category') ? [createProperties(given)] : [];
  const [filters, others] = split(
    controls,
    (control) => filterNames.has(control.name) && names.has('category'),
  );
  return {
    elements: [...time, ...others, ...createFilters([...filters, ...properties])].map((c) => c.element),
    read: () => [...time, ...controls, ...properties].flatMap((control) => control.read()),
  };
}

/** Parameters that leave events out; they stand folded together. */
const filterNames = new Set(['type', 'category', 'country', 'device', 'browser']);

function createFilters(filters) {
  if (filters.length === 0) return [];
  const element = h(
    'details',
    { class: 'filters', open: filters.some((filter) => filter.read().length > 0) },
    h('summary', {}, 'Only some events'),
    h('div', { class: 'controls' }, ...filters.map((filter) => filter.element)),
  );
  return [{ element }];
}

const split = (all, wanted) => [all.filter(wanted), all.filter((one) => !wanted(one))];

/** Those that have a control of another kind, or none: the form of the answer and the page are not asked for. */
const elsewhere = new Set(['from', 'to', 'format', 'cursor']);

function createControl(parameter, value) {
  if (parameter.several) return createChoices(parameter, value);
  const { name, choices, required, standard, description, type, min, max } = parameter;
  const shown = value ?? standard ?? '';
  let control;
  if (choices !== undefined) {
    control = select(required || standard !== undefined ? choices : [['', 'any'], ...choices]);
    control.value = String(shown);
  } else if (type === 'integer' || type === 'number' || name === 'user_id') {
    control = h('input', { type: 'number', min: min ?? 0, max, step: 1, required, value: shown });
    if (name === 'user_id' && value === null) control.value = '12345';
  } else {
    control = h('input', { type: 'text', required, value: shown, spellcheck: 'false', autocomplete: 'off' });
  }
  return {
    element: field(titleOf(name), control, { hint: description }),
    read: () => (control.value === '' ? [] : [[name, control.value]]),
  };
}

/** What a list is when it is not given, where the description does not say. */
const standards = { by: 'event_type' };

function createChoices({ name, choices, standard }, value) {
  const chosen = new Set(value === null ? [standard ?? standards[name]].flat() : value.split(','));
  const boxes = choices.map((choice) =>
    h('input', { type: 'checkbox', value: choice, checked: chosen.has(choice) }),
  );
  return {
    element: h(
      'fieldset',
      { class: 'field choices' },
      h('legend', {}, titleOf(name)),
      ...boxes.map((box) => h('label', {}, box, box.value)),
    ),
    read: () => [
      [
        name,
        boxes
          .filter((box) => box.checked)
          .map((box) => box.value)
          .join(','),
      ],
    ],
  };
}

function createProperties(given) {
  const before = [...given].filter(([name]) => name.startsWith('property.'));
  const lines = h('textarea', { rows: 2, spellcheck: 'false' });
  lines.value = before.map(([name, value]) => `${name.slice('property.'.length)}=${value}`).join('\n');
  return {
    element: field('Properties', lines, { hint: 'only events with these, one name=value a line' }),
    read: () =>
      lines.value
        .split('\n')
        .filter((line) => line.indexOf('=') > 0)
        .map((line) => [
          `property.${line.slice(0, line.indexOf('=')).trim()}`,
          line.slice(line.indexOf('=') + 1).trim(),
        ]),
  };
}

const titles = { by: 'Broken down by', user_id: 'User', zone: 'Time zone', limit: 'Rows at most' };

function titleOf(name) {
  const words = titles[name] ?? name.replaceAll('_', ' ');
  return words[0].toUpperCase() + words.slice(1);
}
