/** Grafana's name of a unit. */
type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'reqps' | 'eps' | 'none' | 'cps';

export interface Query {
  expr: string;
  legend: string;
  /** True: no series while all is well, while nobody uses what it shows, or in the first minutes. */
  quiet?: boolean;
}

export interface Panel {
  title: string;
  /** What it shows, where the title does not say it. */
  description?: string;
  kind?: 'lines' | 'number' | 'states';
  unit: Unit;
  /** PromQL, and how its series are named (`{{label}}`). */
  queries: readonly Query[];
  /** From this value on it is red (`number`, `states`); with `below` up to it. */
  red?: { from: number } | { below: number };
}

export interface Dashboard {
  uid: string;
  title: string;
  description: string;
  /** Choices over the page: label values of a metric, `.*` for all; `$name` in queries. */
  variables?: readonly { name: string; metric: string; label: string }[];
  panels: readonly Panel[];
}

const datasource = { type: 'prometheus', uid: 'prometheus' };
/** Of Grafana's grid, which is 24 wide. */
const sizes = { lines: { w: 12, h: 8 }, number: { w: 4, h: 4 }, states: { w: 24, h: 8 } };

/** The dashboard as Grafana reads it from a file. */
export function dashboardJson({ uid, title, description, variables = [], panels }: Dashboard): string {
  const placed = place(panels);
  const json = {
    uid,
    title,
    description,
    tags: ['event-pipeline'],
    timezone: 'browser',
    schemaVersion: 39,
    editable: true,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: variables.map(({ name, metric, label }) => ({
        name,
        type: 'query',
        datasource,
        query: `label_values(${metric}, ${label})`,
        refresh: 2,
        includeAll: true,
        allValue: '.*',
        multi: true,
        current: { text: 'All', value: '$__all' },
      })),
    },
    links: [
      {
        type: 'dashboards',
        title: 'Event pipeline',
        tags: ['event-pipeline'],
        asDropdown: true,
        keepTime: true,
      },
    ],
    panels: panels.map((panel, index) => panelJson(panel, index + 1, placed[index])),
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/** From left to right, a new row where the next one does not fit. */
function place(panels: readonly Panel[]) {
  let [x, y, height] = [0, 0, 0];
  return panels.map(({ kind = 'lines' }) => {
    const { w, h } = sizes[kind];
    if (x + w > 24 || (x > 0 && h !== height)) {
      [x, y] = [0, y + height];
    }
    const position = { x, y, w, h };
    [x, height] = [x + w, h];
    return position;
  });
}

const types = { lines: 'timeseries', number: 'stat', states: 'state-timeline' };

function panelJson(
  { title, description, kind = 'lines', unit, queries, red }: Panel,
  id: number,
  gridPos: ReturnType<typeof place>[number] | undefined,
) {
  return {
    id,
    type: types[kind],
    title,
    ...(description !== undefined && { description }),
    gridPos,
    datasource,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend,
      ...(kind === 'number' && { instant: true }),
    })),
    fieldConfig: {
      defaults: {
        unit,
        ...(queries.every(({ quiet }) => quiet) && { noValue: 'none' }),
        ...(kind === 'lines' && { min: 0, custom: { fillOpacity: 10, showPoints: 'never' } }),
        ...(red !== undefined && { color: { mode: 'thresholds' }, thresholds: thresholdsOf(red) }),
      },
      overrides: [],
    },
    ...(kind === 'lines' && {
      options: {
        tooltip: { mode: 'multi', sort: 'desc' },
        legend: { displayMode: 'list', placement: 'bottom' },
      },
    }),
    ...(kind === 'number' && { options: { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'none' } }),
  };
}

function thresholdsOf(red: { from: number } | { below: number }) {
  const steps =
    'from' in red
      ? [
          { color: 'green', value: null },
          { color: 'red', value: red.from },
        ]
      : [
          { color: 'red', value: null },
          { color: 'green', value: red.below },
        ];
  return { mode: 'absolute', steps };
}

/** The quantile of a histogram over five minutes, by labels. */
export function quantile(q: number, metric: string, by: string, match = ''): string {
  return `histogram_quantile(${q}, sum by (${by}, le) (rate(${metric}_bucket${match}[5m])))`;
}
