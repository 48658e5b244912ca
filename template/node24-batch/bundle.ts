import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * Makes one file of the wrapper and one handler, with everything they import, for an image.
 * Usage: node bundle.ts <folder of the handler> <output folder>
 */
const [handlerFolder, outputFolder] = process.argv.slice(2);
if (handlerFolder === undefined || outputFolder === undefined) {
  throw new Error('usage: node bundle.ts <folder of the handler> <output folder>');
}
const here = import.meta.dirname;
const handler = resolve(handlerFolder, 'handler.ts');
mkdirSync(outputFolder, { recursive: true });
await build({
  stdin: {
    contents: [
      `import * as module from ${JSON.stringify(handler)};`,
      "import { run } from './run.ts';",
      "import { readWrapperSettings } from './settings.ts';",
      'await run(module, readWrapperSettings(process.env));',
    ].join('\n'),
    resolveDir: here,
    sourcefile: 'index.ts',
    loader: 'ts',
  },
  outfile: join(outputFolder, 'index.js'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  legalComments: 'external',
  logLevel: 'warning',
  // Packages written for require find it here.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  // The same, with its WebAssembly inside instead of in a file beside it.
  alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
  // Optional parts of the MongoDB driver, asked for only by settings that use them.
  external: [
    '@aws-sdk/credential-providers',
    '@mongodb-js/zstd',
    'gcp-metadata',
    'kerberos',
    'mongodb-client-encryption',
    'snappy',
    'socks',
  ],
});

// Read beside the bundle at run time, and replaceable by a mounted file.
const categories = resolve(here, '../../shared/events/event-categories.yml');
if (existsSync(categories)) copyFileSync(categories, join(outputFolder, 'event-categories.yml'));
