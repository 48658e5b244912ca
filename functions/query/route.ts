import type { Question } from './question.ts';

/**
 * The question that a path asks, with the parameters that stand in the path. A gateway may or may not have taken
 * `/function/query` off.
 *
 * @returns undefined when there is no such question.
 */
export function findQuestion(
  questions: readonly Question[],
  rawPath: string,
): { question: Question; inPath: Record<string, string> } | undefined {
  const path = rawPath.replace(/^\/function\/[^/]+/, '').replace(/(?<=.)\/$/, '');
  for (const question of questions) {
    const inPath = matchPath(question.path, path);
    if (inPath !== undefined) return { question, inPath };
  }
  return undefined;
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
  const [parts, given] = [template.split('/'), path.split('/')];
  if (parts.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [i, part] of parts.entries()) {
    const value = decoded(given[i] as string);
    if (part.startsWith('{')) values[part.slice(1, -1)] = value;
    else if (part !== value) return undefined;
  }
  return values;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
