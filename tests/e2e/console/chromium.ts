import { describe, jest, test } from '@jest/globals';
import { binary } from './chromium-binary.ts';

/** A suite that needs a browser; where there is none, it says so. */
export function describeInChromium(name: string, body: () => void): void {
  // A busy machine may take long for what takes a moment.
  jest.setTimeout(60_000);
  if (binary !== undefined) describe(name, body);
  else
    test.skip(`${name}: skipped: no chromium found (apt-get install chromium, or set CHROMIUM_BINARY)`, () => {});
}
