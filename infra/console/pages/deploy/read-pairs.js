/**
 * `NAME=value` lines as an object; empty lines are passed over.
 *
 * @throws Error that names the line
 */
export function readPairs(text, what) {
  const pairs = {};
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const mark = line.indexOf('=');
    if (mark < 1) throw new Error(`${what}, line ${index + 1}: must be name=value.`);
    pairs[line.slice(0, mark).trim()] = line.slice(mark + 1).trim();
  }
  return pairs;
}

/** `a, b` as a list. */
export const readList = (text) =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
