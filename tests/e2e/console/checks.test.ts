import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { describeInChromium } from './chromium.ts';
import { type ConsolePage, type ConsoleRig, seriousFaults, startConsole } from './console-rig.ts';

describeInChromium('checks and dead letters in the console', () => {
  let rig: ConsoleRig;
  let page: ConsolePage;
  beforeAll(async () => {
    rig = await startConsole({ KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' });
    await rig.gateway.deploy('aggregation-check');
  }, 60_000);
  afterAll(() => rig?.close(), 30_000);
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

  const letter = (offset: number, more: Record<string, unknown>) => ({
    id: `mongo-write/T/0/${offset}`,
    function: 'mongo-write',
    reason: `no such thing <b>${offset}</b>`,
    attempts: 3,
    topic: 'events_clean',
    partition: 0,
    offset,
    timestampMs: 1_790_000_000_000,
    firstSentMs: 1_790_000_001_000,
    diedMs: 1_790_000_002_000 + offset,
    key: '12345',
    value: '{"note":"<script>1</script>"}',
    valueBytes: 29,
    cut: false,
    headers: [],
    ...more,
  });

  test('dead letters: browse, filter, read', async () => {
    page = await rig.open('/checks');
    await page.route('**/ui/api/dead-letters', (route) =>
      route.fulfill({
        json: {
          letters: [letter(2, {}), letter(1, { function: 'transform', value: null, key: null })],
          open: 2,
          more: true,
        },
      }),
    );
    await page.getByRole('link', { name: 'Dead letters' }).click();
    await page.getByText('2 of 2 open ones. More may lie further back in the topic.').waitFor();
    await page.getByLabel('Function').selectOption('transform');
    await page.getByText('1 of 2 open ones').waitFor();
    await page.getByLabel('Function').selectOption('');
    await page.getByLabel('Reason or record holds').fill('SCRIPT');
    await page.getByText('1 of 2 open ones').waitFor();
    await page.getByText('no such thing <b>2</b>').click();
    const record = page.getByRole('listitem').filter({ hasText: 'mongo-write' });
    expect(await record.locator('pre').textContent()).toBe('{\n  "note": "<script>1</script>"\n}');
    expect(await record.textContent()).toContain('after 3 attempts');
    expect(await page.locator('main script, main b').count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
  });

  test('dead letters that cannot be read are said to be so', async () => {
    page = await rig.open('/dead-letters');
    await page.getByText('the dead letters cannot be read').waitFor();
    page.faults = page.faults.filter((fault) => !fault.includes('503'));
  });

  test.each(['/checks', '/dead-letters'])('%s fits on a phone, dark', async (path) => {
    page = await rig.open(path, { colorScheme: 'dark', viewport: { width: 390, height: 800 } });
    await page.locator('.live.is-live').waitFor();
    await page.getByText(path === '/checks' ? 'Kafka = MongoDB' : 'cannot be read').waitFor();
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(390);
    expect(await seriousFaults(page)).toEqual([]);
    page.faults = page.faults.filter((fault) => !fault.includes('503'));
  });
});
