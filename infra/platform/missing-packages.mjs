// Prints how many npm packages the lock file asks for that are not installed here. Plain JavaScript: it runs on the
// machine's own Node, before the one of package.json is there.
//   node missing-packages.mjs run|test   (run: without those that only development needs)
import { readFileSync } from 'node:fs';

const withoutDev = process.argv[2] === 'run';
const wanted = read('package-lock.json');
// Written by npm at the very end, so an install that was broken off has none.
const installed = read('node_modules/.package-lock.json');
// Only Alpine-like systems have musl, and Node says nothing of a glibc there.
const libc = process.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';

const missing = Object.entries(wanted).filter(
  ([path, entry]) => path !== '' && needed(entry) && installed[path]?.version !== entry.version,
);
console.log(missing.length);

function needed({ dev, os, cpu, libc: libraries, optional, peer }) {
  if (withoutDev && dev) return false;
  if (peer && optional) return false;
  if (!fits(os, process.platform) || !fits(cpu, process.arch) || !fits(libraries, libc)) return false;
  // Optional for every machine: nothing of ours needs it. Optional for this kind of machine: the binary.
  return !optional || (os !== undefined && cpu !== undefined);
}

function fits(list, value) {
  if (!list) return true;
  if (list.some((item) => item === `!${value}`)) return false;
  return list.every((item) => item.startsWith('!')) || list.includes(value);
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}
