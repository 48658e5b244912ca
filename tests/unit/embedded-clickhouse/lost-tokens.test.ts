import { describe, expect, test } from '@jest/globals';
import { inOrder, type LogRecord, parseLog } from '../../../infra/embedded/clickhouse/token-log/log-file.ts';
import { lostTokens } from '../../../infra/embedded/clickhouse/token-log/lost-tokens.ts';

const add = (part: string, blockId = part): LogRecord => ({ operation: 'add', part, blockId });
const drop = (part: string, blockId = part): LogRecord => ({ operation: 'drop', part, blockId });

const cases: [name: string, records: LogRecord[], folders: string[], lost: string[]][] = [
  ['the part is there', [add('202611_5_5_0')], ['202611_5_5_0'], []],
  ['the part is missing', [add('202611_5_5_0')], ['202611_4_4_0', '202611_6_6_0'], ['202611_5_5_0']],
  ['the part was merged', [add('202611_5_5_0')], ['202611_4_7_1'], []],
  ['the part was mutated', [add('202611_5_5_0')], ['202611_5_5_0_9'], []],
  ['merged and mutated', [add('202611_5_5_0')], ['202611_1_9_2_12'], []],
  ['merged in another partition', [add('202611_5_5_0')], ['202610_4_7_1'], ['202611_5_5_0']],
  ['not partitioned', [add('all_5_5_1')], ['all_1_4_2'], ['all_5_5_1']],
  ['still being written', [add('202611_5_5_0')], ['tmp_insert_202611_5_5_0'], ['202611_5_5_0']],
  ['still being merged', [add('202611_5_5_0')], ['tmp_merge_202611_4_6_1'], ['202611_5_5_0']],
  ['being deleted', [add('202611_5_5_0')], ['delete_tmp_202611_5_5_0'], ['202611_5_5_0']],
  ['in the folder of detached parts', [add('202611_5_5_0')], ['detached'], ['202611_5_5_0']],
  ['dropped on purpose', [add('202611_5_5_0'), drop('202611_5_5_0')], [], []],
  [
    'dropped and inserted again',
    [add('202611_5_5_0', 'a'), drop('202611_5_5_0', 'a'), add('202611_6_6_0', 'a')],
    [],
    ['202611_6_6_0'],
  ],
  ['partitions by several columns', [add('20261122-7_5_5_0')], ['20261122-7_5_5_0'], []],
  [
    'partitions by hash',
    [add('0123456789abcdef0123456789abcdef_5_5_0')],
    [],
    ['0123456789abcdef0123456789abcdef_5_5_0'],
  ],
  ['a name of another form', [add('20261101_20261130_1_1_0')], [], []],
];

test.each(cases)('%s', (_, records, folders, lost) => {
  expect(lostTokens(records, folders).map(({ part }) => part)).toEqual(lost);
});

describe('log files', () => {
  test('records', () => {
    expect(parseLog(Buffer.from('1\tall_1_1_0\tall_1_2\n2\tall_1_1_0\tall_1_2\n'))).toEqual({
      records: [add('all_1_1_0', 'all_1_2'), drop('all_1_1_0', 'all_1_2')],
      wholeBytes: 40,
      torn: false,
      unknown: false,
    });
  });
  test('half a record at the end', () => {
    expect(parseLog(Buffer.from('1\tall_1_1_0\ta\n1\tall_2'))).toMatchObject({
      wholeBytes: 14,
      torn: true,
      unknown: false,
    });
  });
  test('something else', () => {
    expect(parseLog(Buffer.from('1\tall_1_1_0\ta\nformat 2\n1\tall_2_2_0\tb\n'))).toMatchObject({
      unknown: true,
    });
  });
  test('an empty file', () => {
    expect(parseLog(Buffer.alloc(0))).toMatchObject({ records: [], torn: false, unknown: false });
  });
  test('in the order of their numbers', () => {
    expect(inOrder(['deduplication_log_10.txt', 'other', 'deduplication_log_9.txt'])).toEqual([
      'deduplication_log_9.txt',
      'deduplication_log_10.txt',
    ]);
  });
});
