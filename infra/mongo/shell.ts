import { fileURLToPath } from 'node:url';

/** There once `make mongo` has fetched it. */
export const mongoShellFile = fileURLToPath(
  new URL('./shell/node_modules/mongosh/bin/mongosh.js', import.meta.url),
);

/** How MongoDB's shell is run. */
export function mongoShell(args: readonly string[]) {
  return {
    program: process.execPath,
    args: ['--disable-warning=DEP0040', mongoShellFile, '--quiet', '--norc', ...args],
    env: { MONGOSH_FORCE_DISABLE_TELEMETRY_FOR_TESTING: '1' },
  };
}
