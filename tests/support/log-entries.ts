import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';

/** The entries of a part's log. @throws when a line of it is not in the form that every part writes. */
export function logEntries(file: string): Record<string, unknown>[] {
  // What stands behind the last line end is still being written.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const entry = JSON.parse(line) as Record<string, unknown>;
    expect(entry).toMatchObject({
      level: expect.stringMatching(/^(debug|info|warn|error|fatal)$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      part: expect.any(String),
      msg: expect.any(String),
    });
    return entry;
  });
}
