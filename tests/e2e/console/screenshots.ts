import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readGatewayPassword } from '../../../infra/gateway/password.ts';
import { readSettings } from '../../../shared/config/index.ts';
import { launch } from './chromium-binary.ts';

/** Pictures of the console of the platform that runs: `node tests/e2e/console/screenshots.ts [folder]`. */
const settings = readSettings(process.env);
const folder = process.argv[2] ?? 'docs/console';
const shots = [
  { name: 'pipeline', path: '/pipeline', colorScheme: 'light', width: 1280, height: 1000, waitMs: 15_000 },
  { name: 'functions', path: '/functions', colorScheme: 'dark', width: 1280, height: 560, waitMs: 4000 },
  { name: 'checks', path: '/checks', colorScheme: 'light', width: 1280, height: 820, waitMs: 4000 },
  {
    name: 'ask',
    path: '/ask?question=/event-counts',
    colorScheme: 'light',
    width: 1280,
    height: 1000,
    waitMs: 5000,
  },
  { name: 'phone', path: '/pipeline', colorScheme: 'dark', width: 390, height: 844, waitMs: 6000 },
] as const;

mkdirSync(folder, { recursive: true });
const browser = await launch();
try {
  for (const { name, path, colorScheme, width, height, waitMs } of shots) {
    const context = await browser.newContext({
      httpCredentials: { username: settings.gatewayUser, password: readGatewayPassword(settings) ?? '' },
      colorScheme,
      viewport: { width, height },
    });
    const page = await context.newPage();
    await page.goto(`${settings.gatewayUrl}/ui/#${path}`);
    await page.locator('.live.is-live').waitFor();
    // Rates and plots need some seconds to have something to tell.
    await page.waitForTimeout(waitMs);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await context.close();
    console.log(join(folder, `${name}.png`));
  }
} finally {
  await browser.close();
}
