import { expect, test } from '@jest/globals';
import { watchGrowth } from '../../../integrity/cluster/growth.ts';
import { eventually } from '../../../support/eventually.ts';

test('only growth counts: not what was there, not what stays, shrinks or does not answer', async () => {
  const answers = [5, 5, 6, undefined, 4, 6, 9];
  let asked = 0;
  const growth = watchGrowth({ everyMs: 1 });
  growth.add('store', async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)];
    if (answer === undefined) throw new Error('no answer');
    return answer;
  });
  await eventually(() => expect(asked).toBeGreaterThan(answers.length));
  await growth.stop();
  expect(growth.moments.get('store')).toHaveLength(2);
});
