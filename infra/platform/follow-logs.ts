import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { colour, colourOf } from './terminal/colour.ts';
import { readable } from './terminal/log-line.ts';

interface Followed {
  name: string;
  file: string;
  position: number;
  rest: string;
}

const tailBytes = 4000;

/** Prints the end of every log in the folder and then, with `follow`, what is added, one colour a part. */
export async function followLogs({
  folder,
  part,
  follow,
  write = (line: string) => process.stdout.write(`${line}\n`),
}: {
  folder: string;
  part?: string | undefined;
  follow: boolean;
  write?: (line: string) => void;
}): Promise<number> {
  const followed: Followed[] = [];
  for (;;) {
    for (const file of logFiles(folder)) {
      const name = relative(folder, file).replace(/\.log$/, '');
      if (part !== undefined && basename(name) !== part) continue;
      if (!followed.some((one) => one.file === file)) followed.push({ name, file, position: -1, rest: '' });
    }
    const width = Math.max(10, ...followed.map(({ name }) => name.length));
    followed.forEach((one, index) => {
      for (const line of newLines(one)) {
        write(`${colour(colourOf(index), one.name.padEnd(width))} ${readable(line)}`);
      }
    });
    if (!follow) {
      if (followed.length === 0) write(`There are no logs${part ? ` of ${part}` : ''} in ${folder}.`);
      return 0;
    }
    await delay(250);
  }
}

function logFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(folder, name));
}

/** Whole lines since the last call; a file that became shorter was emptied and is read from its start. */
function newLines(one: Followed): string[] {
  const descriptor = openSync(one.file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const first = one.position < 0;
    if (first) one.position = Math.max(0, size - tailBytes);
    if (size < one.position) one.position = 0;
    const buffer = Buffer.alloc(Math.min(size - one.position, 1_000_000));
    const read = readSync(descriptor, buffer, 0, buffer.length, one.position);
    const begunInTheMiddle = first && one.position > 0;
    one.position += read;
    const lines = (one.rest + buffer.toString('utf8', 0, read)).split('\n');
    one.rest = lines.pop() ?? '';
    return begunInTheMiddle ? lines.slice(1) : lines;
  } finally {
    closeSync(descriptor);
  }
}
