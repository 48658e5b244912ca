import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readGatewayPassword } from '../../../infra/gateway/password.ts';
import { loadDotEnv } from '../../../infra/platform/dot-env.ts';
import { platformSettings } from '../../../infra/platform/platform-settings.ts';
import { launch } from './chromium-binary.ts';

interface Shot {
  name: string;
  path: string;
  colorScheme: 'light' | 'dark';
  width?: number;
  height: number;
  /** All of the page, however long it is. */
  whole?: boolean;
  /** Rates and plots need some seconds to have something to tell. */
  waitMs?: number;
  /** What is opened by a click first. */
  open?: string;
}

/** Pictures of the console of the platform that runs: `node tests/e2e/console/screenshots.ts [folder]`. */
loadDotEnv();
const settings = platformSettings();
const folder = process.argv[2] ?? 'docs/console';
const shots: readonly Shot[] = [
  { name: 'pipeline', path: '/pipeline', colorScheme: 'light', height: 1000, whole: true, waitMs: 20_000 },
  { name: 'functions', path: '/functions', colorScheme: 'dark', height: 560, waitMs: 4000 },
  { name: 'function', path: '/functions/transform', colorScheme: 'light', height: 1000, waitMs: 4000 },
  {
    name: 'dead-letters',
    path: '/dead-letters',
    colorScheme: 'light',
    height: 900,
    open: '.letters summary',
  },
  { name: 'checks', path: '/checks', colorScheme: 'dark', height: 820, waitMs: 4000 },
  { name: 'ask', path: '/ask?question=/event-counts', colorScheme: 'light', height: 1000, waitMs: 5000 },
  { name: 'phone', path: '/pipeline', colorScheme: 'dark', width: 390, height: 844, waitMs: 6000 },
];

mkdirSync(folder, { recursive: true });
const browser = await launch();
try {
  for (const { name, path, colorScheme, width = 1280, height, waitMs = 1000, whole = false, open } of shots) {
    const context = await browser.newContext({
      httpCredentials: { username: settings.gatewayUser, password: readGatewayPassword(settings) ?? '' },
      colorScheme,
      viewport: { width, height },
    });
    const page = await context.newPage();
    await page.goto(`${settings.gatewayUrl}/ui/#${path}`);
    await page.locator('.live.is-live').waitFor();
    if (open !== undefined) await page.locator(open).first().click();
    await page.waitForTimeout(waitMs);
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
    await context.close();
    console.log(join(folder, `${name}.png`));
  }
} finally {
  await browser.close();
}
