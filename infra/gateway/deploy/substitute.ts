import { PipelineError } from '../../../shared/errors/index.ts';

/**
 * Replaces `${VAR}` and `${VAR:-default}` by variables, in the whole text as faas-cli does: an unset or empty
 * variable gives the default, or nothing; a default may hold further variables; `$$` is a dollar sign.
 *
 * @throws PipelineError when a brace is not closed, or for what faas-cli knows beyond this (`${VAR/a/b}` and the like).
 */
export function substitute(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  let position = 0;

  function until(closing: boolean): string {
    let out = '';
    while (position < text.length) {
      const c = text[position] as string;
      if (closing && c === '}') return out;
      if (c === '$' && text[position + 1] === '$') {
        out += '$';
        position += 2;
      } else if (c === '$' && text[position + 1] === '{') {
        out += variable();
      } else {
        out += c;
        position++;
      }
    }
    if (closing)
      throw new PipelineError('SUBSTITUTION', `a \${ is not closed in line ${lineOf(text.length)}`);
    return out;
  }

  function variable(): string {
    const start = position;
    position += 2;
    const name = /^[A-Za-z_]\w*/.exec(text.slice(position, position + 256))?.[0];
    position += name?.length ?? 0;
    const operator = /^(:-|:=|=|(?=\}))/.exec(text.slice(position, position + 2))?.[0];
    if (name === undefined || operator === undefined) {
      throw new PipelineError(
        'SUBSTITUTION',
        `line ${lineOf(start)}: only \${VAR} and \${VAR:-default} are supported, not ${JSON.stringify(text.slice(start, start + 40))}`,
      );
    }
    position += operator.length;
    const otherwise = until(true);
    position++;
    return variables[name] || otherwise;
  }

  function lineOf(end: number): number {
    return text.slice(0, end).split('\n').length;
  }

  return until(false);
}
