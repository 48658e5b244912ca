/** A piece of SQL that means something: comments and spaces are left out. Positions are in characters. */
export interface Token {
  kind: 'word' | 'quoted' | 'string' | 'number' | 'punctuation';
  /** Words in upper case; everything else as written. */
  text: string;
  start: number;
  end: number;
  /** How many parentheses and brackets are open around it. */
  depth: number;
}

const word = /[A-Za-z_\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*/uy;
const number = /\d[\w.]*/y;
const heredoc = /\$(\w*)\$/y;

/**
 * The tokens of ClickHouse SQL, lazily: what follows an INSERT's format is data and never looked at.
 * An unterminated string or comment ends the sequence; the engine says what is wrong with it.
 */
export function* tokens(sql: string): Generator<Token> {
  let depth = 0;
  let at = 0;
  while (at < sql.length) {
    const c = sql[at] as string;
    const skipped = skipBlank(sql, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const start = at;
    const token = (kind: Token['kind'], end: number): Token => {
      const raw = sql.slice(start, end);
      at = end;
      return { kind, text: kind === 'word' ? raw.toUpperCase() : raw, start, end, depth };
    };
    if (c === "'" || c === '"' || c === '`') {
      const end = closingQuote(sql, at, c);
      if (end === undefined) return;
      yield token(c === "'" ? 'string' : 'quoted', end);
      continue;
    }
    const tag = c === '$' ? matchAt(heredoc, sql, at) : undefined;
    if (tag !== undefined) {
      const end = sql.indexOf(tag, at + tag.length);
      if (end < 0) return;
      yield token('string', end + tag.length);
      continue;
    }
    const name = matchAt(word, sql, at);
    if (name !== undefined) {
      yield token('word', at + name.length);
      continue;
    }
    const digits = matchAt(number, sql, at);
    if (digits !== undefined) {
      yield token('number', at + digits.length);
      continue;
    }
    if (c === ')' || c === ']' || c === '}') depth = Math.max(0, depth - 1);
    const punctuation = token('punctuation', at + 1);
    if (c === '(' || c === '[' || c === '{') depth++;
    yield punctuation;
  }
}

/** Where the spaces and comments that begin at `at` end. */
export function skipBlank(sql: string, at: number): number {
  for (;;) {
    const c = sql[at];
    if (c !== undefined && c <= ' ') at++;
    else if (sql.startsWith('--', at) || sql.startsWith('#!', at) || sql.startsWith('# ', at)) {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end + 1;
    } else if (sql.startsWith('/*', at)) {
      const end = sql.indexOf('*/', at + 2);
      if (end < 0) return sql.length;
      at = end + 2;
    } else return at;
  }
}

function closingQuote(sql: string, at: number, quote: string): number | undefined {
  for (let i = at + 1; i < sql.length; i++) {
    if (sql[i] === '\\') i++;
    else if (sql[i] === quote) {
      if (sql[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
