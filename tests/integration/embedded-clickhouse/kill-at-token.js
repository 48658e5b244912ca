// Kills a process the moment a token log grows: between the token and the part's renaming lie microseconds, so
// this looks as often as it can. Arguments: process id, log file, microseconds to wait after the growth.
import { fstatSync, openSync } from 'node:fs';

const [pid, file, delayMicros] = process.argv.slice(2);
const log = openSync(file, 'r');
const before = fstatSync(log).size;
process.stdout.write('ready\n');
const deadline = Date.now() + 5_000;
while (fstatSync(log).size === before && Date.now() < deadline);
const until = process.hrtime.bigint() + BigInt(delayMicros) * 1000n;
while (process.hrtime.bigint() < until);
process.kill(Number(pid), 'SIGKILL');
