import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { documents } from '../../../shared/events/documents.ts';

/** The formatter lines up tables and short lists; that is no difference. */
const plain = (name: string, text: string) =>
  name.endsWith('.json')
    ? JSON.parse(text)
    : text
        .replace(/ +/g, ' ')
        .replace(/-{3,}|- -+/g, '---')
        .replace(/\| *(-+) */g, '|$1');

test.each(Object.entries(documents()))(
  'docs/%s is current: else run `node shared/events/write-documents.ts`',
  (name, text) => {
    const committed = readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
    expect(plain(name, committed)).toEqual(plain(name, text));
  },
);
