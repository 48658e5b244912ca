import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';
import { describeInChromium } from './chromium.ts';
import { type ConsolePage, type ConsoleRig, seriousFaults, startConsole } from './console-rig.ts';

interface Letter {
  key: string;
  functionName: string;
  reason: string;
  diedMs: number;
  [more: string]: unknown;
}
type Selection = { key?: string; functionName?: string; reason?: string; all?: true; untilMs?: number };

const letter = (offset: number, more: Partial<Letter> = {}): Letter => ({
  key: `mongo-write/T/0/${offset}`,
  functionName: 'mongo-write',
  reason: `no such thing <b>${offset}</b>`,
  attempts: 3,
  topic: 'events_clean',
  topicId: 'T',
  partition: 0,
  offset,
  timestampMs: 1_790_000_000_000,
  firstSentMs: 1_790_000_001_000,
  diedMs: 1_790_000_002_000 + offset,
  at: { partition: 0, offset },
  recordKey: '12345',
  value: '{"note":"<script>1</script>"}',
  valueBytes: 29,
  cut: false,
  headers: [],
  ...more,
});

describeInChromium('dead letters in the console', () => {
  let rig: ConsoleRig;
  let page: ConsolePage;
  let letters: Letter[];
  /** Queries of the list. */
  let searches: string[];
  let asked: { action: string; selection: Selection }[];
  beforeAll(async () => {
    rig = await startConsole();
  }, 120_000);
  afterAll(() => rig?.close(), 120_000);
  beforeEach(() => {
    asked = [];
    searches = [];
    letters = [
      letter(3),
      letter(2),
      letter(1, { functionName: 'transform', key: 'transform/T/0/1', value: null, recordKey: null }),
    ];
  });
  afterEach(async () => {
    expect(page.faults).toEqual([]);
    await page.context().close();
  });

  /** What the gateway would answer for `letters`, without a Kafka; `gone` is a function that is not deployed. */
  async function answerFor(where: Page): Promise<void> {
    await where.route(/\/ui\/api\/dead-letters\?/, (route) => {
      const query = new URL(route.request().url()).searchParams;
      searches.push(query.toString());
      const meant = letters.filter(
        ({ functionName, reason }) =>
          (query.get('functionName') ?? functionName) === functionName &&
          reason.includes(query.get('reason') ?? ''),
      );
      const functions = [...new Set(letters.map(({ functionName }) => functionName))];
      const json = { letters: meant, open: meant.length, functions, more: query.get('offsets') === '5000' };
      return route.fulfill({ json });
    });
    await where.route('**/ui/api/dead-letters/*', (route) => {
      const action = route.request().url().split('/').at(-1) ?? '';
      const selection = route.request().postDataJSON() as Selection;
      asked.push({ action, selection });
      const meant = letters.filter(
        ({ key, functionName, reason }) =>
          (selection.key ?? key) === key &&
          (selection.functionName ?? functionName) === functionName &&
          reason.includes(selection.reason ?? ''),
      );
      if (action === 'preview') {
        const groups = meant.map(({ functionName, reason }) => ({ functionName, reason, count: 1 }));
        return route.fulfill({ json: { count: meant.length, groups, untilMs: 77 } });
      }
      const taken = action === 'purge' ? meant : meant.filter(({ functionName }) => functionName !== 'gone');
      letters = letters.filter((one) => !taken.includes(one));
      return route.fulfill({
        json:
          action === 'purge'
            ? { purged: taken.length }
            : { sent: taken.length, left: meant.length - taken.length },
      });
    });
  }

  async function open(): Promise<void> {
    page = await rig.open('/functions');
    await answerFor(page);
    await page.getByRole('link', { name: 'Dead letters' }).click();
    await page.getByText(`${letters.length} dead letters are open.`).waitFor();
  }

  test('browse, filter, read', async () => {
    await open();
    await page.getByLabel('Function').selectOption('transform');
    await page.getByText('1 dead letter of this choice is open.').waitFor();
    await page.getByLabel('Function').selectOption('');
    await page.getByText('3 dead letters are open.').waitFor();
    await page.getByLabel('Reason holds').fill('<b>2');
    await page.getByText('1 dead letter of this choice is open.').waitFor();
    expect(new URLSearchParams(searches.at(-1)).get('reason')).toBe('<b>2');
    await page.getByText('More may lie further back').waitFor();
    await page.getByRole('button', { name: 'Look further back' }).click();
    await page.getByText('More may lie further back').waitFor({ state: 'detached' });
    expect(new URLSearchParams(searches.at(-1)).get('offsets')).toBe('50000');
    await page.getByText('no such thing <b>2</b>').click();
    const record = page.getByRole('listitem').filter({ hasText: 'mongo-write' });
    expect(await record.locator('pre').textContent()).toBe('{\n  "note": "<script>1</script>"\n}');
    expect(await record.textContent()).toContain('after 3 attempts');
    expect(await page.locator('main script, main b').count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
  });

  test('one is redriven after a preview; no is no', async () => {
    await open();
    await page.getByText('no such thing <b>2</b>').click();
    await page.getByRole('button', { name: 'Redrive this one …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Redrive 1 dead letter?' });
    await dialog.getByText('1 × mongo-write: no such thing <b>2</b>').waitFor();
    expect(await dialog.getByRole('button', { name: 'Cancel' }).evaluate((b) => b.matches(':focus'))).toBe(
      true,
    );
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(asked.map(({ action }) => action)).toEqual(['preview']);
    await page.getByRole('button', { name: 'Redrive this one …' }).click();
    await dialog.getByRole('button', { name: 'Redrive' }).click();
    await page.getByText('1 dead letter sent again.').waitFor();
    await page.getByText('2 dead letters are open.').waitFor();
    // What comes in between preview and answer is not meant.
    expect(asked.at(-1)).toEqual({
      action: 'redrive',
      selection: { key: 'mongo-write/T/0/2', untilMs: 77 },
    });
  });

  test('some are redriven; those of a function that is not deployed are left', async () => {
    letters.push(letter(0, { functionName: 'gone', key: 'gone/T/0/0' }));
    await open();
    await page.getByRole('button', { name: 'Redrive these …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Redrive 4 dead letters?' });
    await eventually(async () => expect(await dialog.getByRole('listitem').count()).toBe(4));
    await dialog.getByRole('button', { name: 'Redrive' }).click();
    const said = '3 dead letters sent again. 1 dead letter left alone, of functions that are not deployed.';
    await page.getByText(said).waitFor();
    await page.getByText('1 dead letter is open.').waitFor();
    expect(asked[0]).toEqual({ action: 'preview', selection: { all: true } });
    expect(asked.at(-1)).toEqual({ action: 'redrive', selection: { untilMs: 77 } });
  });

  test('what is filtered is purged, and nothing else', async () => {
    await open();
    await page.getByLabel('Function').selectOption('mongo-write');
    await page.getByText('2 dead letters of this choice are open.').waitFor();
    await page.getByRole('button', { name: 'Purge these …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Purge 2 dead letters for good?' });
    await dialog.getByRole('button', { name: 'Purge' }).click();
    await page.getByText('2 dead letters purged.').waitFor();
    await page.getByText('No dead letter of this choice is open.').waitFor();
    expect(asked.at(-1)).toEqual({
      action: 'purge',
      selection: { functionName: 'mongo-write', untilMs: 77 },
    });
  });

  test('it fits on a phone, dark; what cannot be read is said', async () => {
    page = await rig.open('/dead-letters', { colorScheme: 'dark', viewport: { width: 390, height: 800 } });
    await page.locator('.live.is-live').waitFor();
    await page.getByText('the dead letters cannot be read').waitFor();
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(390);
    expect(await seriousFaults(page)).toEqual([]);
    page.faults = page.faults.filter((fault) => !fault.includes('503'));
  });
});
