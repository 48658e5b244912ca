import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';
import { describeInChromium } from './chromium.ts';
import { type ConsolePage, type ConsoleRig, seriousFaults, startConsole } from './console-rig.ts';

const hostile = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>';

describeInChromium('functions in the console', () => {
  let rig: ConsoleRig;
  let page: ConsolePage;
  beforeAll(async () => {
    rig = await startConsole();
    await rig.gateway.deploy('echo', {
      envVars: { COLOUR: 'a value nobody should see' },
      annotations: { topic: 'events_raw', 'kafka.batch-size': '5000' },
      limits: { memory: '256Mi' },
    });
    await rig.gateway.deploy('chatty');
  }, 120_000);
  afterAll(() => rig?.close(), 120_000);
  afterEach(async () => {
    expect(page.faults).toEqual([]);
    await page.context().close();
  });

  const row = (name: string) =>
    page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
  const goTo = async (path: string) => {
    page = await rig.open(path);
  };

  test('the list has every function, and its figures move', async () => {
    await goTo('/functions');
    await row('echo').waitFor();
    expect(await page.getByRole('columnheader').allTextContents()).toEqual([
      'Function',
      'Replicas',
      'Invocations',
      'Calls/s',
      'Errors in a minute',
      'p95',
      'In flight',
      'Memory',
    ]);
    for (let i = 0; i < 8; i++) await fetch(`${rig.gateway.url}/function/echo?status=${i < 3 ? 500 : 200}`);
    await eventually(async () => {
      const [, replicas, invocations, perSecond, errors, p95] = await row('echo')
        .locator('th,td')
        .allTextContents();
      expect([replicas, invocations, errors]).toEqual(['1', '8', '3']);
      expect(Number(perSecond)).toBeGreaterThan(0);
      expect(p95).toMatch(/ m?s$/);
    });
  });

  test('a function shows how it was deployed, but no value of its environment', async () => {
    await goTo('/functions');
    await page.getByRole('link', { name: 'echo', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'echo' }).waitFor();
    await page.getByText('COLOUR').waitFor();
    const text = await page.locator('main').textContent();
    expect(text).toContain('kafka.batch-size');
    expect(text).toContain('memory 256Mi');
    expect(text).not.toContain('nobody should see');
    // The keyboard goes on at the head of the new page.
    expect(await page.locator(':focus').evaluate((element) => element.tagName)).toBe('H1');
    expect(await page.title()).toBe('echo – Event pipeline');
    // An update from elsewhere is seen, though the image is the same.
    const update = {
      service: 'echo',
      image: 'test/echo:latest',
      annotations: { topic: 'events_raw', 'kafka.batch-size': '6000' },
    };
    const answer = await rig.gateway.ask('/system/functions', {
      method: 'PUT',
      body: JSON.stringify(update),
    });
    expect(answer.status).toBe(202);
    await page.getByText('6000').waitFor();
  });

  test('invoke shows status, time and answer', async () => {
    await goTo('/functions/echo');
    const form = page.getByRole('form', { name: 'Invoke echo' });
    await form.getByLabel('Path and query').fill('/a/b?status=418');
    await form.getByLabel('Body', { exact: true }).fill('{"n":1}');
    await form.getByRole('button', { name: 'Invoke' }).click();
    const line = page.locator('.result-line');
    await line.waitFor();
    expect(await line.textContent()).toMatch(/^418 .*in [\d.]+ m?s, [\d.]+ K?i?B$/);
    const answer = await page.getByLabel('Answer', { exact: true }).textContent();
    expect(JSON.parse(answer ?? '')).toMatchObject({ path: '/a/b', body: '{"n":1}', method: 'POST' });
    page.faults = page.faults.filter((fault) => !fault.includes('418'));
  });

  test('hostile answers, log lines and addresses stay text; the log can be filtered', async () => {
    await goTo('/functions/chatty');
    const form = page.getByRole('form', { name: 'Invoke chatty' });
    for (const body of [hostile, 'an apple']) {
      await form.getByLabel('Body', { exact: true }).fill(body);
      await form.getByRole('button', { name: 'Invoke' }).click();
      await eventually(async () =>
        expect(await page.getByLabel('Answer', { exact: true }).textContent()).toBe(body),
      );
    }
    const log = page.getByRole('region', { name: 'Log of chatty' });
    await log.getByText('an apple').waitFor();
    expect(await log.textContent()).toContain(hostile);
    await page.getByLabel('Filter').fill('APPLE');
    expect(await log.locator('p:visible').count()).toBe(1);
    await page.getByText('1 of').waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
    await page.goto(`${rig.gateway.url}/ui/#/functions/${encodeURIComponent(hostile)}`);
    await page.getByText('It is not deployed').waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).not.toBe('taken');
    page.faults = page.faults.filter((fault) => !fault.includes('/system/'));
  });

  test('scale', async () => {
    await goTo('/functions/chatty');
    const form = page.getByRole('form', { name: 'Scale chatty' });
    await form.getByLabel('Replicas').fill('2');
    await form.getByRole('button', { name: 'Scale' }).click();
    await form.getByText('Asked for 2.').waitFor();
    await rig.gateway.waitForReplicas('chatty', 2);
    await eventually(async () => expect(await page.locator('.figures dd').first().textContent()).toBe('2'));
  });

  test('deploy from a form, what is wrong is said', async () => {
    await goTo('/deploy');
    const form = page.getByRole('form', { name: 'Deploy from a form' });
    await form.getByLabel('Name').fill('made-here');
    await form.getByLabel('Image').fill('r/nothing-like-it:1');
    await form.getByRole('button', { name: 'Deploy' }).click();
    await form.getByText('is not known here').waitFor();
    await form.getByLabel('Image').fill('r/echo:1');
    await form.getByLabel('Environment').fill('A=1\nB=x=y');
    await form.getByRole('button', { name: 'Deploy' }).click();
    await form.getByText('made-here: created.').waitFor();
    expect(await rig.gateway.status('made-here')).toMatchObject({ envVars: { A: '1', B: 'x=y' } });
    page.faults = page.faults.filter((fault) => !fault.includes('400'));
  });

  test('deploy a pasted part of a stack.yml', async () => {
    await goTo('/deploy');
    const form = page.getByRole('form', { name: 'Deploy from stack.yml' });
    await form.getByLabel('Part of a stack.yml').fill(
      [
        '  pasted:',
        '    lang: node24-batch',
        '    handler: ./x',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the stack file
        '    image: r/echo:${TAG:-7}',
        '    environment: { PORTS: 80 }',
      ].join('\n'),
    );
    await form.getByRole('button', { name: 'Read' }).click();
    await page.getByText('will be created from r/echo:7').waitFor();
    await page.getByRole('button', { name: 'Deploy it' }).click();
    await page.getByText('pasted: created.').waitFor();
    expect(await rig.gateway.status('pasted')).toMatchObject({ image: 'r/echo:7', envVars: { PORTS: '80' } });
    await form.getByLabel('Part of a stack.yml').fill('functions: { x: { lang: a } }');
    await form.getByRole('button', { name: 'Read' }).click();
    await form.getByText('functions.x.handler').waitFor();
    page.faults = page.faults.filter((fault) => !fault.includes('400'));
  });

  test('delete asks first', async () => {
    await rig.gateway.deploy('doomed', { image: 'r/echo:1' });
    await goTo('/functions/doomed');
    await page.getByRole('button', { name: 'Delete this function' }).click();
    await page.getByRole('dialog', { name: 'Delete doomed?' }).waitFor();
    expect(await page.locator(':focus').textContent()).toBe('Cancel');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect((await rig.gateway.ask('/system/function/doomed')).status).toBe(200);
    await page.getByRole('button', { name: 'Delete this function' }).click();
    await page.getByRole('button', { name: 'Delete doomed' }).click();
    await page.getByRole('heading', { level: 1, name: 'Functions' }).waitFor();
    await row('doomed').waitFor({ state: 'detached' });
    expect((await rig.gateway.ask('/system/function/doomed')).status).toBe(404);
  });

  test('by the keyboard alone: call, scale, filter the log, delete', async () => {
    await rig.gateway.deploy('typed', { image: 'r/chatty:1' });
    await goTo('/functions');
    const form = (name: string) => page.getByRole('form', { name });
    const type = (text: string) => page.keyboard.type(text);
    await tabTo(page.getByRole('link', { name: 'typed', exact: true }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'typed' }).waitFor();
    await tabTo(form('Invoke typed').getByLabel('Body', { exact: true }));
    await type('a pear');
    await tabTo(form('Invoke typed').getByRole('button', { name: 'Invoke' }));
    await page.keyboard.press('Enter');
    await page.getByLabel('Answer', { exact: true }).getByText('a pear').waitFor();
    await tabTo(form('Scale typed').getByLabel('Replicas'));
    await page.keyboard.press('ControlOrMeta+a');
    await type('2');
    await page.keyboard.press('Enter');
    await form('Scale typed').getByText('Asked for 2.').waitFor();
    await tabTo(page.getByLabel('Filter'));
    await type('pear');
    await page.getByText('lines hold it').waitFor();
    await tabTo(page.getByRole('region', { name: 'Log of typed' }));
    await tabTo(page.getByRole('button', { name: 'Delete this function' }));
    await page.keyboard.press('Enter');
    await tabTo(page.getByRole('button', { name: 'Delete typed' }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Functions' }).waitFor();
    expect((await rig.gateway.ask('/system/function/typed')).status).toBe(404);
  });

  /** Goes on by Tab; where the focus is can be seen at each stop. */
  async function tabTo(target: Locator): Promise<void> {
    for (let stops = 0; stops < 60; stops++) {
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      if ((await focused.count()) === 0) continue;
      expect(await focused.evaluate(outlineOf)).not.toBe('none');
      if (await target.evaluate((element) => element.matches(':focus'))) return;
    }
    throw new Error(`no Tab leads to ${target}`);
  }

  test.each(['/functions', '/functions/echo', '/deploy'])(
    '%s has no serious fault of accessibility',
    async (path) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        page = await rig.open(path, { colorScheme });
        await page.locator('.live.is-live').waitFor();
        expect(await seriousFaults(page)).toEqual([]);
        if (colorScheme === 'light') await page.context().close();
      }
    },
  );
});

/** In the browser. */
function outlineOf(element: unknown): string {
  const { getComputedStyle } = globalThis as unknown as {
    getComputedStyle(of: unknown): { outlineStyle: string };
  };
  return getComputedStyle(element).outlineStyle;
}
