import { describe, expect, test } from '@jest/globals';
import { parseShards } from '../../../shared/clients/clickhouse/addresses.ts';
import { failOver } from '../../../shared/clients/clickhouse/fail-over.ts';

describe('parseShards', () => {
  test.each([
    ['http://a:8123', [['http://a:8123']]],
    ['http://a:1|http://b:1, http://c:1', [['http://a:1', 'http://b:1'], ['http://c:1']]],
  ])('%s', (url, shards) => {
    expect(parseShards(url)).toEqual(shards);
  });

  test.each(['', 'http://a,', 'http://a|', 'a:8123', 'tcp://a:9000'])('refuses %j', (url) => {
    expect(() => parseShards(url)).toThrow(/CLICKHOUSE_URL/);
  });
});

describe('failOver', () => {
  test('stays with the twin that answered last', async () => {
    const run = failOver(['a', 'b']);
    const down = new Set(['a']);
    const tried: string[] = [];
    const work = async (twin: string) => {
      tried.push(twin);
      if (down.has(twin)) throw new Error(`${twin} is down`);
      return twin;
    };
    await expect(run(work)).resolves.toBe('b');
    await expect(run(work)).resolves.toBe('b');
    down.add('b');
    down.delete('a');
    await expect(run(work)).resolves.toBe('a');
    expect(tried).toEqual(['a', 'b', 'b', 'b', 'a']);
    down.add('a');
    await expect(run(work)).rejects.toThrow('b is down');
  });
});
