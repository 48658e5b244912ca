import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeInChromium } from './chromium.ts';
import { type ConsolePage, type ConsoleRig, seriousFaults, startConsole } from './console-rig.ts';

describeInChromium('checks in the console', () => {
  let rig: ConsoleRig;
  let page: ConsolePage;
  beforeAll(async () => {
    rig = await startConsole();
    await rig.gateway.deploy('aggregation-check');
  }, 120_000);
  afterAll(() => rig?.close(), 120_000);
  afterEach(async () => {
    expect(page.faults).toEqual([]);
    await page.context().close();
  });

  test('the last hours minute by minute, and what differed', async () => {
    page = await rig.open('/checks');
    await page.getByText('Kafka = MongoDB = ClickHouse = rollups').waitFor();
    expect(await page.locator('.strip .good').count()).toBeGreaterThanOrEqual(117);
    expect(await page.locator('.strip .bad').count()).toBe(1);
    const list = page.getByRole('region', { name: 'Checks, newest first' });
    expect(await list.getByRole('row').count()).toBe(3);
    await list.getByText('1 lost, 1 rollup entries off').click();
    const lines = await list.getByRole('listitem').allTextContents();
    expect(lines).toEqual([
      '2026-11-22 10:15, ClickHouse, partition 3: 199 of 200 events; lost 0192f0c1-7c2e-7d4a-9c57-1f1f0a9b3c55 (3-4711)',
      '2026-11-22 10:15:00, rollup events_per_minute, <b>purchase</b>: 6 instead of 7',
    ]);
    await page.getByLabel('Those that found all equal too').check();
    expect(await list.getByRole('row').count()).toBe(121);
    expect(await seriousFaults(page)).toEqual([]);
  });

  test('a check is run at once', async () => {
    page = await rig.open('/checks');
    const form = page.getByRole('form', { name: 'Run a check' });
    await form.getByLabel('count all of MongoDB too').check();
    await form.getByRole('button', { name: 'Check now' }).click();
    await form.getByText('Done: equal.').waitFor();
    await page.getByLabel('Those that found all equal too').check();
    await page.getByRole('cell', { name: 'full' }).waitFor();
  });

  test('they fit on a phone, dark', async () => {
    page = await rig.open('/checks', { colorScheme: 'dark', viewport: { width: 390, height: 800 } });
    await page.locator('.live.is-live').waitFor();
    await page.getByText('Kafka = MongoDB').waitFor();
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(390);
    expect(await seriousFaults(page)).toEqual([]);
  });
});
