import { platformSettings } from '../platform-settings.ts';
import { seedRows } from '../seed/seed.ts';
import { numberOf, shapeOf } from '../seed/shape.ts';
import { bytes, count } from '../terminal/table.ts';
import { main } from './main.ts';

/** `make seed-rows ROWS=100000000 SHAPE=month`: rows to measure questions on, in a database of their own. */
await main(async () => {
  const total = numberOf('ROWS', 10_000_000);
  const shape = shapeOf(process.env.SHAPE || 'month', Date.now());
  const startedAt = performance.now();
  const seeded = await seedRows(platformSettings(), {
    shape,
    total,
    fresh: process.env.FRESH === '1',
    onProgress: (rows) => {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      if (process.stdout.isTTY)
        process.stdout.write(`\r${count(rows)} of ${count(total)} rows, ${seconds} s `);
    },
  });
  const rate =
    seeded.written === 0 ? '' : `, ${count(Math.round(seeded.written / seeded.seconds))} rows a second`;
  console.log(
    `\r${shape.database}: ${count(seeded.rows)} rows, ${count(seeded.written)} written now in ${seeded.seconds.toFixed(1)} s${rate}; ${bytes(seeded.bytesOnDisk)} in ${seeded.parts} parts`,
  );
});
