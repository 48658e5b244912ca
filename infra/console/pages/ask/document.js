import { requestJson } from '../../gateway/request.js';

/** Where the function that answers stands. */
export const base = '/function/query';

/**
 * The questions that `query` can be asked, from its own description, so that what it learns appears here.
 *
 * @returns {Promise<{path: string, summary: string, parameters: Parameter[]}[]>}
 * @typedef {{name: string, place: 'path' | 'query', required: boolean, description: string, type?: string,
 *   choices?: string[], several: boolean, standard?: unknown, min?: number, max?: number}} Parameter
 */
export async function loadQuestions() {
  const document = await requestJson('GET', `${base}/openapi.json`);
  return Object.entries(document.paths ?? {}).flatMap(([path, { get }]) =>
    get === undefined
      ? []
      : [{ path, summary: get.summary ?? path, parameters: get.parameters.map(parameterOf) }],
  );
}

function parameterOf({ name, in: place, required = false, description = '', schema = {} }) {
  // A list is described by its values: "broken down by, separated by commas: event_type, category".
  const listed = /separated by commas: (\w+(?:, \w+)*)$/.exec(description)?.[1];
  return {
    name,
    place,
    required,
    description,
    type: schema.type,
    choices: schema.enum ?? listed?.split(', '),
    several: listed !== undefined,
    standard: schema.default,
    min: schema.minimum,
    max: schema.maximum,
  };
}
