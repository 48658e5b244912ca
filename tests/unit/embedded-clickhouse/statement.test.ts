import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { classify } from '../../../infra/embedded/clickhouse/sql/statement.ts';

describe('inserts are told from their data', () => {
  const cases: [sql: string, format: string, data: string][] = [
    ['INSERT INTO t FORMAT JSONEachRow\n{"a":1}', 'JSONEachRow', '{"a":1}'],
    ['insert into t format jsoneachrow {"a":1}', 'jsoneachrow', '{"a":1}'],
    ['INSERT INTO db.t (a, b) SETTINGS x = 1 FORMAT TSV\n\n1', 'TSV', '\n1'],
    ['INSERT INTO t FORMAT TSV\r\n1\n', 'TSV', '1\n'],
    ["INSERT INTO t VALUES (1, ';')", 'Values', " (1, ';')"],
    ['INSERT INTO t(values) VALUES (1)', 'Values', ' (1)'],
    ['INSERT INTO format FORMAT CSV\n1', 'CSV', '1'],
    ['INSERT INTO db.`select` VALUES (1)', 'Values', ' (1)'],
    ["INSERT INTO TABLE FUNCTION null('a Int8') FORMAT TSV\n1", 'TSV', '1'],
    ['/* a */ INSERT INTO t -- b\n FORMAT TSV\n1', 'TSV', '1'],
    ["INSERT INTO t SETTINGS insert_deduplication_token = 'FORMAT x' FORMAT TSV\n1", 'TSV', '1'],
    ["INSERT INTO t SELECT a FROM input('a Int8') FORMAT TSV\n1", 'TSV', '1'],
    ['INSERT INTO t FORMAT TSV', 'TSV', ''],
  ];
  test.each(cases)('%s', (sql, format, data) => {
    const statement = classify(sql);
    if (statement.kind !== 'insert') throw new Error(statement.kind);
    expect({ format: statement.format, data: sql.slice(statement.dataStart) }).toEqual({ format, data });
  });

  test('data is never looked at', () => {
    fc.assert(
      fc.property(fc.string(), (data) => {
        const head = 'INSERT INTO t FORMAT RowBinary\n';
        expect(classify(head + data)).toMatchObject({ kind: 'insert', dataStart: head.length });
      }),
    );
  });

  test.each([
    ['INSERT INTO t (a) SETTINGS x = 1 FORMAT TSV\n1', 'INSERT INTO t (a) '],
    ['INSERT INTO t VALUES (1)', 'INSERT INTO t '],
  ])('where FROM INFILE would stand: %s', (sql, before) => {
    const statement = classify(sql);
    expect(statement.kind === 'insert' && sql.slice(0, statement.infileAt)).toBe(before);
  });
});

describe('selects', () => {
  const cases: [sql: string, text: string, format: string | undefined, before: string][] = [
    ['SELECT 1;', 'SELECT 1', undefined, 'SELECT 1'],
    ['SELECT 1 FORMAT JSON', 'SELECT 1 FORMAT JSON', 'JSON', 'SELECT 1 '],
    ['SELECT 1 FORMAT JSON SETTINGS a = 1', 'SELECT 1 FORMAT JSON SETTINGS a = 1', 'JSON', 'SELECT 1 '],
    ['SELECT 1 SETTINGS a = 1', 'SELECT 1 SETTINGS a = 1', undefined, 'SELECT 1 SETTINGS a = 1'],
    ["SELECT ' FORMAT x' -- FORMAT CSV", "SELECT ' FORMAT x'", undefined, "SELECT ' FORMAT x'"],
    ['SELECT format FROM t', 'SELECT format FROM t', undefined, 'SELECT format FROM t'],
    ['SELECT t.format x FROM t', 'SELECT t.format x FROM t', undefined, 'SELECT t.format x FROM t'],
    ['(SELECT 1 AS format)', '(SELECT 1 AS format)', undefined, '(SELECT 1 AS format)'],
    ['WITH 1 AS a SELECT a', 'WITH 1 AS a SELECT a', undefined, 'WITH 1 AS a SELECT a'],
    [
      'SELECT $x$;FORMAT y$x$ FORMAT CSV',
      'SELECT $x$;FORMAT y$x$ FORMAT CSV',
      'CSV',
      'SELECT $x$;FORMAT y$x$ ',
    ],
    ["SELECT 'it''s \\' ;' FORMAT TSV ;", "SELECT 'it''s \\' ;' FORMAT TSV", 'TSV', "SELECT 'it''s \\' ;' "],
  ];
  test.each(cases)('%s', (sql, text, format, before) => {
    const statement = classify(sql);
    if (statement.kind !== 'select') throw new Error(statement.kind);
    expect({
      text: statement.text,
      format: statement.format,
      before: text.slice(0, statement.outfileAt),
    }).toEqual({
      text,
      format,
      before,
    });
  });
});

test.each([
  ['SHOW TABLES', { kind: 'other', verb: 'SHOW', session: false }],
  ['SET a = 1', { kind: 'other', verb: 'SET', session: true }],
  ['USE db', { kind: 'other', verb: 'USE', session: true }],
  ['CREATE TEMPORARY TABLE t (a Int8)', { kind: 'other', session: true }],
  ['CREATE TABLE t (a Int8) ENGINE = Memory', { kind: 'other', session: false }],
  ['INSERT INTO t SELECT 1', { kind: 'other', verb: 'INSERT' }],
  ["INSERT INTO t SELECT * FROM values('a Int8', 1)", { kind: 'other', verb: 'INSERT' }],
  ['WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a', { kind: 'other' }],
])('%s', (sql, wanted) => {
  expect(classify(sql)).toMatchObject(wanted);
});

test.each([
  ['', 62],
  [' -- only a comment', 62],
  [';', 62],
  ['SELECT 1; SELECT 2', 62],
  ['SELECT 1; DROP TABLE t', 62],
  ["SELECT 1 INTO OUTFILE '/etc/x'", 48],
  ["select 1 into/**/outfile 'x' format CSV", 48],
  ["INSERT INTO t FROM INFILE 'x' FORMAT CSV", 48],
])('refused: %s', (sql, code) => {
  expect(classify(sql)).toMatchObject({ kind: 'refused', code });
});
