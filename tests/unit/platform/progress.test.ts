import { expect, test } from '@jest/globals';
import { createProgress } from '../../../infra/platform/terminal/progress.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 200, write: (text: string) => written.push(text) };
}

test('on a terminal the bar is drawn over itself', () => {
  const to = screen(true);
  let time = 0;
  const progress = createProgress('produce', { total: 100, screen: to, now: () => time });
  time = 200;
  progress.update(50, 'half');
  progress.finish('done');
  expect(to.written).toEqual([
    `\r\u001b[Kproduce            ${'█'.repeat(12)}${'░'.repeat(12)}  50%  half`,
    `\r\u001b[Kproduce            ${'█'.repeat(12)}${'░'.repeat(12)}  50%  done\n`,
  ]);
});

test('elsewhere it prints a line now and then, and only when something has moved', () => {
  const to = screen(false);
  let time = 0;
  const progress = createProgress('drain', { total: 10, screen: to, now: () => time, lineEveryMs: 1000 });
  progress.update(1);
  time = 1000;
  progress.update(2);
  time = 2000;
  progress.update(2);
  time = 3000;
  progress.update(3);
  expect(to.written).toHaveLength(2);
});

test('nothing to do is done', () => {
  const to = screen(false);
  createProgress('x', { total: 0, screen: to }).finish();
  expect(to.written[0]).toContain('100%');
});
