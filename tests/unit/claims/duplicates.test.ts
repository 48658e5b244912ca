import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { type Duplicate, openDuplicates } from '../../../infra/claims/duplicates.ts';

const root = mkdtempSync(join(tmpdir(), 'duplicates-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const duplicate = (offset: number): Duplicate => ({
  event_id: `id-${offset}`,
  place: { topicId: 't', partition: 0, offset },
  holder: { topicId: 't', partition: 1, offset: 9 },
  seen_at: '2026-11-22T10:15:30.123Z',
});
const offsets = (listed: Duplicate[]) => listed.map(({ place }) => place.offset);

test('the newest come first, each once, also after a kill that tore the last line', () => {
  const folder = join(root, 'a');
  openDuplicates(folder).add([duplicate(1), duplicate(2)]);
  appendFileSync(join(folder, 'duplicates.ndjson'), '{"event_id":"to');
  const again = openDuplicates(folder);
  again.add([duplicate(3), duplicate(1)]);
  expect(offsets(again.list(10))).toEqual([1, 3, 2]);
  expect(offsets(again.list(2))).toEqual([1, 3]);
  again.close();
});

test('the files are bounded: the oldest go', () => {
  const folder = join(root, 'b');
  const duplicates = openDuplicates(folder, { maxBytes: 400 });
  for (let offset = 0; offset < 50; offset++) duplicates.add([duplicate(offset)]);
  const listed = offsets(duplicates.list(50));
  expect(listed[0]).toBe(49);
  expect(listed.length).toBeGreaterThanOrEqual(3);
  expect(listed.length).toBeLessThan(10);
  duplicates.close();
});
