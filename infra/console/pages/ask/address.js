import { base } from './document.js';

/**
 * The address of a question with what was chosen; values in the path go there.
 *
 * @param {{path: string, parameters: readonly {name: string, place: string}[]}} question
 * @param {readonly [string, string][]} chosen
 */
export function addressOf(question, chosen) {
  const inPath = new Set(question.parameters.filter((p) => p.place === 'path').map((p) => p.name));
  const values = new Map(chosen);
  const path = question.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values.get(name) ?? ''));
  const query = new URLSearchParams(chosen.filter(([name]) => !inPath.has(name)));
  return `${base}${path}${query.size > 0 ? `?${query}` : ''}`;
}

/** The same for a shell. */
export function curlOf(address, origin = location.origin) {
  return `curl '${origin}${address.replaceAll("'", '%27')}'`;
}
