import { parseDocument } from 'yaml';
import { HttpError, messageOf } from '../../../shared/errors/index.ts';
import { readStack } from '../deploy/stack-file.ts';
import type { FunctionDeployment } from '../provider/deployment.ts';

/**
 * Reads a whole stack.yml, its `functions:` alone, or one or more functions out of it, with variables put in.
 *
 * @throws HttpError 400 that says what is wrong with it.
 */
export function readStackPart(
  source: string,
  variables: Readonly<Record<string, string | undefined>>,
): FunctionDeployment[] {
  try {
    return readStack(wholeStack(source), variables).deployments;
  } catch (error) {
    throw new HttpError(400, messageOf(error));
  }
}

/** Puts around the text what it lacks; the text itself stays, for its variables are put in before it is parsed. */
function wholeStack(source: string): string {
  const text = withoutCommonIndent(source);
  const top = topLevelKeys(text);
  if (top.length === 0) throw new HttpError(400, 'there is no function in it');
  if (top.includes('provider')) return text;
  if (top.includes('functions')) return `provider: { name: openfaas }\n${text}`;
  return `provider: { name: openfaas }\nfunctions:\n${text.replace(/^(?=.*\S)/gm, '  ')}`;
}

function topLevelKeys(text: string): string[] {
  // Variables are no YAML; for the keys alone it does not matter what stands in their place.
  const value: unknown = parseDocument(text.replace(/\$\{[^}]*\}/g, 'x')).toJS();
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function withoutCommonIndent(source: string): string {
  const lines = source.replace(/\t/g, '  ').split(/\r?\n/);
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const common = Math.min(...indents);
  return Number.isFinite(common) ? lines.map((line) => line.slice(common)).join('\n') : '';
}
