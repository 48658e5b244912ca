import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { describeInChromium } from './chromium.ts';
import { type ConsolePage, type ConsoleRig, seriousFaults, startConsole } from './console-rig.ts';
import { type FakeMetrics, startFakeMetrics } from './fake-metrics.ts';

describeInChromium('the pipeline in the console', () => {
  let rig: ConsoleRig;
  let metrics: FakeMetrics;
  let page: ConsolePage;
  beforeAll(async () => {
    metrics = await startFakeMetrics({ perSecond: 1200 });
    rig = await startConsole({ METRICS_TARGETS: `connector=${metrics.url}` });
    for (const name of ['transform', 'mongo-write']) await rig.gateway.deploy(name, { image: 'r/echo:1' });
  }, 120_000);
  afterAll(async () => {
    await rig?.close();
    await metrics?.close();
  }, 120_000);
  afterEach(async () => {
    expect(page.faults).toEqual([]);
    await page.context().close();
  });

  const rateOf = async (words: string) => {
    const cells = page.getByRole('row', { name: words }).locator('td');
    return Number((await cells.first().textContent())?.replaceAll(',', ''));
  };

  test('shows events per second on every arrow, lag, batches, latency and what is paused', async () => {
    page = await rig.open('/pipeline');
    await page.getByText('Events per second, as a table').click();
    await eventually(async () => {
      expect(Math.abs((await rateOf('generate to events_raw')) - 1200)).toBeLessThan(120);
      expect(Math.abs((await rateOf('transform to events_dlq')) - 12)).toBeLessThan(4);
      expect(Math.abs((await rateOf('transform to events_clean')) - 1080)).toBeLessThan(108);
      expect(Math.abs((await rateOf('mongo-write to MongoDB')) - 1200)).toBeLessThan(120);
    });
    expect(await page.locator('svg.flow').textContent()).toMatch(/lag 14\.1K, 45 s/);
    const lag = page.getByRole('region', { name: 'Lag per function and partition' });
    expect(
      await lag
        .getByRole('row', { name: /^mongo-write/ })
        .locator('td')
        .nth(2)
        .textContent(),
    ).toBe('14K45 s, asked');
    expect(await lag.getByRole('row', { name: /redriven/ }).count()).toBe(0);
    const transform = page
      .getByRole('region', { name: 'Deliveries to functions' })
      .getByRole('row', { name: /^transform/ });
    expect((await transform.locator('td').allTextContents())[1]).toBe('60');
    const store = page.getByRole('region', { name: 'Stores' }).getByRole('row', { name: /^ClickHouse/ });
    // Quantiles of a moving window: their last digit depends on when it was looked at.
    const [p50, p99] = (await store.locator('td').allTextContents()).slice(2, 4).map(Number.parseFloat);
    expect(p50).toBeCloseTo(71.4, 0);
    expect(p99).toBeCloseTo(400, -1);
    expect(await page.locator('.plot canvas').count()).toBe(6);
    // Functions of the pipeline that are missing are said to be.
    expect(await page.locator('svg.flow').textContent()).toContain('not deployed');
  });

  test('a part that stops to answer is shown down within 10 s, and up again', async () => {
    page = await rig.open('/pipeline');
    const connector = page.getByRole('list', { name: 'Parts of the platform' }).getByText('connector');
    await eventually(async () => expect(await connector.textContent()).toContain('up'));
    metrics.freeze(true);
    try {
      await eventually(async () => expect(await connector.textContent()).toContain('down'), {
        timeoutMs: 10_000,
      });
      expect(await page.locator('.live').textContent()).toBe('Live');
    } finally {
      metrics.freeze(false);
    }
    await eventually(async () => expect(await connector.textContent()).toContain('up'), {
      timeoutMs: 10_000,
    });
  });

  test('plots begin with what was before the page was opened', async () => {
    page = await rig.open('/pipeline');
    const points = page.waitForResponse((answer) => answer.url().endsWith('/ui/api/stream'));
    await page.reload();
    await points;
    await eventually(async () =>
      expect(await page.locator('.legend').first().textContent()).toMatch(/sent 1,\d+\/s/),
    );
  });

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('has no serious fault of accessibility, and fits: %s, %i wide', async (colorScheme, width) => {
    page = await rig.open('/pipeline', { colorScheme, viewport: { width, height: 800 } });
    await page.locator('.lag td').first().waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(width);
    // A rate on every arrow of the drawing, as in the table.
    expect(await page.locator('svg.flow .arrow').count()).toBe(11);
    const rates = await page.locator('svg.flow .rate').allTextContents();
    expect(rates).toHaveLength(11);
    for (const text of rates) expect(text).toMatch(/^[\d,.]+K?\/s$/);
  });
});
