import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { describeInChromium } from './chromium.ts';
import { type ConsolePage, type ConsoleRig, seriousFaults, startConsole } from './console-rig.ts';

describeInChromium('asking in the console', () => {
  let rig: ConsoleRig;
  let page: ConsolePage;
  beforeAll(async () => {
    rig = await startConsole();
    await rig.gateway.deploy('query');
  }, 120_000);
  afterAll(() => rig?.close(), 120_000);
  afterEach(async () => {
    expect(page.faults).toEqual([]);
    await page.context().close();
  });

  const form = () => page.getByRole('form', { name: 'Question' });
  const ask = () => form().getByRole('button', { name: 'Ask' }).click();

  test('counts over time: plot, rows, curl, SQL, CSV', async () => {
    page = await rig.open('/ask');
    await form().getByLabel('Question').selectOption('/event-counts');
    await form().getByText('Only some events').click();
    await form().getByRole('textbox', { name: 'Type' }).fill("it's, b");
    await form().getByLabel('Properties').fill('sku=A-1');
    await ask();
    await page.locator('.plot canvas').waitFor();
    expect(await page.locator('.legend').textContent()).toMatch(/page_view.*3 others/s);
    await eventually(async () =>
      expect(await page.getByRole('region', { name: 'Rows of the answer' }).getByRole('row').count()).toBe(
        145,
      ),
    );
    expect(await page.locator('.result-line').textContent()).toBe(
      '144 rows, in 3.2 ms, 1,234 rows read. made up',
    );
    const curl = await page.getByLabel('curl line').textContent();
    expect(curl).toMatch(
      /^curl 'http:\/\/127\.0\.0\.1:\d+\/function\/query\/event-counts\?[^']*property\.sku=A-1[^']*'$/,
    );
    expect(await page.getByLabel('SQL').textContent()).toContain(
      "event_type IN ('it\\'s', 'b')\n  AND properties['sku'] = 'A-1'",
    );
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('event-counts.csv');
    expect(readFileSync(await download.path(), 'utf8')).toMatch(
      /^event_type,hour,event_count\r\npage_view,0,1200\r\n/,
    );
    expect(await page.locator('main img').count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
  });

  test('a key, where query wants one: asked with, downloaded with, kept by the tab and nowhere else', async () => {
    page = await rig.open('/ask?question=%2Fevent-counts&type=secret');
    await page.getByText('a read key is needed').waitFor();
    await form().getByText('With a key').click();
    await form().getByLabel('Key').fill('open-sesame');
    await ask();
    await page.locator('.plot canvas').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download CSV' }).click(),
    ]);
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^event_type,hour,event_count/);
    expect(page.url()).not.toContain('sesame');
    await page.reload();
    await page.locator('.plot canvas').waitFor();
    // The one that was refused at first.
    expect(page.faults.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  test('a question is in the address, to keep or to send', async () => {
    page = await rig.open('/ask');
    await form().getByLabel('Question').selectOption('/top-events');
    await form().getByLabel('Rows at most').fill('7');
    await ask();
    await page.locator('.bar svg').first().waitFor();
    const address = page.url();
    await page.goto('about:blank');
    await page.goto(address);
    await page.locator('.bar svg').first().waitFor();
    expect(await form().getByLabel('Rows at most').inputValue()).toBe('7');
    expect(await page.getByLabel('SQL').textContent()).toContain('LIMIT 7');
  });

  test('a question that goes over rows shows the statement that was asked', async () => {
    page = await rig.open('/ask');
    await form().getByLabel('Question').selectOption('/funnel');
    await form().getByLabel('Steps').fill('page_view,purchase');
    await form().getByLabel('Within').fill('60');
    await ask();
    await page.getByRole('cell', { name: '89', exact: true }).waitFor();
    expect(await page.getByLabel('SQL').textContent()).toBe('SELECT windowFunnel(60);');
  });

  test('a user’s events, page by page', async () => {
    page = await rig.open('/ask');
    await form().getByLabel('Question').selectOption('/users/{user_id}/events');
    await form().getByLabel('User').fill('42');
    await ask();
    await page.getByText('<b>bold</b>').first().waitFor();
    expect(await page.getByLabel('MongoDB').textContent()).toMatch(/^db\.raw_events\.find\(\{user_id: 42, /);
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('"note":"page-2"').first().waitFor();
    expect(await page.getByRole('button', { name: 'Next page' }).count()).toBe(0);
  });

  test('what is wrong with a question is said', async () => {
    page = await rig.open('/ask?question=/events&type=fails');
    await page.getByText('type: is not liked').waitFor();
    page.faults = page.faults.filter((fault) => !fault.includes('400'));
  });

  test('is usable on a phone', async () => {
    page = await rig.open('/ask?question=/top-events', {
      colorScheme: 'dark',
      viewport: { width: 390, height: 800 },
    });
    await page.getByLabel('curl line').waitFor();
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(390);
    expect(await seriousFaults(page)).toEqual([]);
  });
});
