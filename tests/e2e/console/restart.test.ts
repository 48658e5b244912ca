import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { describeInChromium } from './chromium.ts';
import { type ConsoleRig, startConsole } from './console-rig.ts';

describeInChromium('the console over a restart of the gateway', () => {
  let rig: ConsoleRig;
  beforeAll(async () => {
    rig = await startConsole();
    await rig.gateway.deploy('chatty');
  }, 120_000);
  afterAll(() => rig?.close(), 120_000);

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    '%s: says that it is old, and goes on by itself',
    async (signal) => {
      const page = await rig.open('/functions/chatty');
      const log = page.getByRole('region', { name: 'Log of chatty' });
      await page.locator('.live.is-live').waitFor();
      await log.waitFor();
      await rig.gateway.kill(signal);
      await page.getByText('What you see is old').waitFor();
      expect(await page.locator('.live').textContent()).toMatch(/^\d+ s old$/);
      expect(await page.locator('main').getAttribute('class')).toContain('is-old');

      await rig.gateway.restart();
      await page.locator('.live.is-live').waitFor();
      expect(await page.getByText('What you see is old').isVisible()).toBe(false);
      // The log goes on too, and actions work without a reload.
      await rig.gateway.waitForReplicas('chatty', 1);
      const form = page.getByRole('form', { name: 'Invoke chatty' });
      await form.getByLabel('Body', { exact: true }).fill(`after ${signal}`);
      await form.getByRole('button', { name: 'Invoke' }).click();
      await log.getByText(`after ${signal}`).waitFor();
      // Nothing but what the browser itself says of a server that is away.
      await eventually(() => {
        const other = page.faults.filter(
          (fault) => !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|net::/.test(fault),
        );
        expect(other).toEqual([]);
      });
      await page.context().close();
    },
  );

  test('a stream that stands and sends nothing is told from a live one', async () => {
    const page = await rig.open('/functions');
    await page.locator('.live.is-live').waitFor();
    process.kill(rig.gateway.pid, 'SIGSTOP');
    try {
      await page.getByText('What you see is old').waitFor();
    } finally {
      process.kill(rig.gateway.pid, 'SIGCONT');
    }
    await page.locator('.live.is-live').waitFor();
    await page.context().close();
  });
});
