import { existsSync } from 'node:fs';
import { describe, jest, test } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';

const binary = [process.env.CHROMIUM_BINARY, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);

/** A suite that needs a browser; where there is none, it says so. */
export function describeInChromium(name: string, body: () => void): void {
  // A busy machine may take long for what takes a moment.
  jest.setTimeout(60_000);
  if (binary !== undefined) describe(name, body);
  else
    test.skip(`${name}: skipped: no chromium found (apt-get install chromium, or set CHROMIUM_BINARY)`, () => {});
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: binary as string,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
