import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { password, startGateway, type TestGateway } from '../../integration/gateway/start-gateway.ts';
import { launch } from './chromium-binary.ts';

export interface ConsoleRig {
  gateway: TestGateway;
  /** A page of the console in a fresh browser profile. */
  open(path: string, options?: BrowserContextOptions): Promise<ConsolePage>;
  close(): Promise<void>;
}

export interface ConsolePage extends Page {
  /** What went wrong in the page: errors it threw or logged, files that were refused. */
  faults: string[];
}

/** A gateway with the fixture functions of the console, and a browser. */
export async function startConsole(env: Record<string, string> = {}): Promise<ConsoleRig> {
  const gateway = await startGateway({ FUNCTIONS_DIR: 'tests/fixtures/console', ...env });
  let browser: Browser;
  try {
    browser = await launch();
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  return {
    gateway,
    open: async (path, options = {}) => {
      const context = await browser.newContext({
        httpCredentials: { username: 'admin', password },
        viewport: { width: 1280, height: 900 },
        ...options,
      });
      const page = (await context.newPage()) as ConsolePage;
      page.setDefaultTimeout(20_000);
      page.faults = [];
      page.on('pageerror', (error) => page.faults.push(`threw ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error') page.faults.push(`${message.text()} ${message.location().url}`);
      });
      await page.goto(`${gateway.url}/ui/#${path}`);
      return page;
    },
    close: async () => {
      await browser.close();
      await gateway.stop();
    },
  };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What an accessibility scan of the page as it stands finds: serious faults, one line each. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // Not as a script of the page: its policy would refuse that, and shall.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
  });
}

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string }[] }[];
}
