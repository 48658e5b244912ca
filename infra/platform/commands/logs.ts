import { showLogs } from '../../compose/cluster.ts';
import { followLogs } from '../follow-logs.ts';
import { pathsOf } from '../paths.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make logs`: the last lines of every part's log, then what comes; `PART=connector` shows one, `FOLLOW=0` ends. */
await main(async () => {
  const settings = platformSettings();
  const part = process.env.PART || undefined;
  const follow = process.env.FOLLOW !== '0';
  if (settings.engines === 'compose') return showLogs(settings, { part, follow });
  return followLogs({ folder: pathsOf(settings).logs, part, follow });
});
