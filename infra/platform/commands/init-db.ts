import { bringUpParts } from '../bring-up.ts';
import { initialise } from '../initialise.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make init-db` */
await main(async () => {
  const settings = platformSettings();
  await bringUpParts(settings);
  await initialise(settings);
});
