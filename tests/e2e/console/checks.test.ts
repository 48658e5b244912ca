import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
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
    await eventually(async () => expect(await list.getByRole('row').count()).toBe(3));
    await list.getByText('1 lost, 1 rollup entries off').click();
    const lines = await list.getByRole('listitem').allTextContents();
    expect(lines).toEqual([
      '2026-11-22 10:15 UTC, ClickHouse, partition 3: 199 of 200 events; lost 0192f0c1-7c2e-7d4a-9c57-1f1f0a9b3c55 (3-4711)',
      '2026-11-22 10:15:00 UTC, rollup events_per_minute, <b>purchase</b>: 6 instead of 7',
    ]);
    await page.getByLabel('Those that found all equal too').check();
    await eventually(async () => expect(await list.getByRole('row').count()).toBe(121));
    expect(await seriousFaults(page)).toEqual([]);
  });

  test('before the first check it says that there was none', async () => {
    page = await rig.open('/functions');
    await page.route('**/aggregation-check/verdicts*', (route) => route.fulfill({ json: { verdicts: [] } }));
    await page.getByRole('link', { name: 'Checks' }).click();
    await page.getByText('No check was made yet.').waitFor();
    await page.getByText('No check in these hours found a difference.').waitFor();
    expect(await page.locator('.strip .none').count()).toBe(360);
  });

  test('times of checks are those of the viewer’s clock', async () => {
    page = await rig.open('/checks', { timezoneId: 'Asia/Kolkata' });
    const answer = await rig.gateway.ask('/function/aggregation-check/verdicts?limit=120');
    const { verdicts } = (await answer.json()) as { verdicts: { status: string; checked_at: string }[] };
    const checkedAt = verdicts.find(({ status }) => status === 'differs')?.checked_at ?? '';
    const there = new Date(checkedAt).toLocaleTimeString('en-GB', { timeZone: 'Asia/Kolkata' });
    const mark = page.locator('.strip .bad title');
    await mark.waitFor({ state: 'attached' });
    expect(await mark.textContent()).toBe(`${there}: 1 lost, 1 rollup entries off`);
    expect(await page.locator('.strip text').first().textContent()).toMatch(/^\d\d:30$/);
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

  test('what differs is repaired after a question; where nothing does, none is offered', async () => {
    page = await rig.open('/checks');
    const form = page.getByRole('form', { name: 'Run a check' });
    await form.getByRole('button', { name: 'Check now' }).waitFor();
    await page.getByText('Kafka = MongoDB').waitFor();
    expect(await form.getByRole('button', { name: 'Repair …' }).count()).toBe(0);
    await page.route('**/aggregation-check/verdicts*', async (route) => {
      const answer = await route.fetch();
      const { verdicts } = (await answer.json()) as { verdicts: { status: string }[] };
      // Until it is repaired, the newest is the one that differs.
      const from =
        verdicts[0] && 'repair' in verdicts[0] ? 0 : verdicts.findIndex((v) => v.status === 'differs');
      await route.fulfill({ json: { verdicts: verdicts.slice(from) } });
    });
    await page.reload();
    await page.getByText('They differ: 1 lost, 1 rollup entries off').waitFor();
    await form.getByRole('button', { name: 'Repair …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Repair what differs: 1 lost, 1 rollup entries off?' });
    await eventually(async () => expect(await dialog.getByRole('listitem').count()).toBe(2));
    expect(await seriousFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Repair' }).click();
    await form.getByText('Done: 1 inserted, 1 rollup entries corrected; now equal.').waitFor();
    await page.getByText('before, a repair: 1 inserted, 1 rollup entries corrected').waitFor();
    expect(await form.getByRole('button', { name: 'Repair …' }).count()).toBe(0);
  });

  test('they fit on a phone, dark', async () => {
    page = await rig.open('/checks', { colorScheme: 'dark', viewport: { width: 390, height: 800 } });
    await page.locator('.live.is-live').waitFor();
    await page.getByText('Kafka = MongoDB').waitFor();
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(390);
    expect(await seriousFaults(page)).toEqual([]);
  });
});
