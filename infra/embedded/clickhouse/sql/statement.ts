import { type Token, tokens } from './lexer.ts';

/** What the server must know about a statement before it runs it; all else is the engine's. */
export type Statement =
  | {
      kind: 'insert';
      /** The statement without its data. */
      text: string;
      /** The format of the data, upper and lower case as written; VALUES is `Values`. */
      format: string;
      /** Index of the first character of the data. */
      dataStart: number;
      /** Where `FROM INFILE` would stand: before SETTINGS and FORMAT. */
      infileAt: number;
    }
  | {
      kind: 'select';
      /** Without a semicolon at its end. */
      text: string;
      format: string | undefined;
      /** Where `INTO OUTFILE` would stand. */
      outfileAt: number;
    }
  /** `session`: it changes the session (SET, USE, temporary tables). */
  | { kind: 'other'; text: string; format: string | undefined; session: boolean; verb: string }
  | { kind: 'refused'; code: number; type: string; reason: string };

/**
 * Classifies the statement at the beginning of `sql`, which may go on with the data of an INSERT.
 *
 * Refused are: several statements, an empty one, and what reads or writes files next to the server
 * (`INTO OUTFILE`, `FROM INFILE`), as a server refuses them.
 */
export function classify(sql: string): Statement {
  const iterator = tokens(sql);
  const first = next(iterator);
  if (first === undefined) return refused(62, 'SYNTAX_ERROR', 'Empty query');
  if (first.text === 'INSERT') {
    const insert = classifyInsert(sql, iterator);
    if (insert !== undefined) return insert;
  }
  const all = [...tokens(sql)];
  let end = all.findIndex((token) => isMark(token, ';'));
  if (end < 0) end = all.length;
  if (all.slice(end).some((token) => !isMark(token, ';'))) {
    return refused(62, 'SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed)');
  }
  const statement = all.slice(0, end);
  if (statement.length === 0) return refused(62, 'SYNTAX_ERROR', 'Empty query');
  const outside = all.find(
    (token, i) =>
      token.kind === 'word' &&
      ((token.text === 'OUTFILE' && all[i - 1]?.text === 'INTO') ||
        (token.text === 'INFILE' && all[i - 1]?.text === 'FROM')) &&
      all[i + 1]?.kind === 'string',
  );
  if (outside) {
    return refused(48, 'NOT_IMPLEMENTED', `${outside.text} is not allowed: files belong to the client`);
  }
  const last = statement[statement.length - 1] as Token;
  const text = sql.slice(0, last.end);
  const format = outputFormat(sql, statement);
  if (isSelect(statement)) {
    return { kind: 'select', text, format: format?.name, outfileAt: format?.at ?? text.length };
  }
  const session =
    first.text === 'SET' || first.text === 'USE' || statement.slice(0, 4).some((t) => t.text === 'TEMPORARY');
  return { kind: 'other', text, format: format?.name, session, verb: first.text };
}

/** An INSERT with data after it; undefined for INSERT … SELECT, which is like any other statement. */
function classifyInsert(sql: string, iterator: Iterator<Token>): Statement | undefined {
  const words = ['INTO', 'TABLE', 'FUNCTION'];
  let token = next(iterator);
  while (token?.kind === 'word' && words.includes(token.text)) token = next(iterator);
  // The table's name, which may itself be called `format`.
  while (token !== undefined) {
    token = next(iterator);
    if (!isMark(token, '.')) break;
    token = next(iterator);
  }
  let selects = false;
  let settingsAt: number | undefined;
  for (; token !== undefined && !isMark(token, ';'); token = next(iterator)) {
    if (token.kind !== 'word') continue;
    if (token.text === 'SELECT' || token.text === 'INFILE') selects = true;
    if (token.depth > 0) continue;
    if (token.text === 'SETTINGS') settingsAt ??= token.start;
    if (token.text === 'VALUES' && !selects) {
      return {
        kind: 'insert',
        text: sql.slice(0, token.end),
        format: 'Values',
        dataStart: token.end,
        infileAt: settingsAt ?? token.start,
      };
    }
    if (token.text !== 'FORMAT') continue;
    const format = next(iterator);
    if (format?.kind !== 'word') return undefined;
    // INSERT … SELECT … FORMAT takes data only for the table function input().
    if (selects && !/\binput\s*\(/i.test(sql.slice(0, token.start))) return undefined;
    return {
      kind: 'insert',
      text: sql.slice(0, format.end),
      format: sql.slice(format.start, format.end),
      dataStart: afterLineBreak(sql, format.end),
      infileAt: settingsAt ?? token.start,
    };
  }
  return undefined;
}

/** Data begins after the spaces of the format's own line and one line break. */
function afterLineBreak(sql: string, at: number): number {
  while (sql[at] === ' ' || sql[at] === '\t') at++;
  if (sql[at] === ';') at++;
  if (sql[at] === '\r') at++;
  if (sql[at] === '\n') at++;
  return at;
}

/** `FORMAT name` at the end of a statement, before its SETTINGS if these stand last. */
function outputFormat(sql: string, statement: readonly Token[]): { name: string; at: number } | undefined {
  for (let i = statement.length - 2; i > 0; i--) {
    const [keyword, name, after] = statement.slice(i, i + 3) as [Token, Token, Token | undefined];
    if (keyword.kind !== 'word' || keyword.text !== 'FORMAT' || keyword.depth > 0) continue;
    if (isMark(statement[i - 1], '.') || name.kind !== 'word') continue;
    if (after === undefined || after.text === 'SETTINGS') {
      return { name: sql.slice(name.start, name.end), at: keyword.start };
    }
  }
  return undefined;
}

function isSelect(statement: readonly Token[]): boolean {
  const verb = statement.find((token) => !isMark(token, '('));
  if (verb?.text === 'WITH') return !statement.some((token) => token.text === 'INSERT' && token.depth === 0);
  return verb?.text === 'SELECT';
}

const isMark = (token: Token | undefined, mark: string) =>
  token?.kind === 'punctuation' && token.text === mark;

function next(iterator: Iterator<Token>): Token | undefined {
  const { value, done } = iterator.next();
  return done ? undefined : value;
}

const refused = (code: number, type: string, reason: string): Statement => ({
  kind: 'refused',
  code,
  type,
  reason,
});
