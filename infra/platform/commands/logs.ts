import { followLogs } from '../follow-logs.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make logs`: the last lines of every part's log, then what comes; `PART=connector` shows one, `FOLLOW=0` ends. */
await main(() =>
  followLogs({
    folder: pathsOf(platformSettings()).logs,
    part: process.env.PART || undefined,
    follow: process.env.FOLLOW !== '0',
  }),
);
