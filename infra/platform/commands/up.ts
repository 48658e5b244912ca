import { bringUp } from '../bring-up.ts';
import { platformSettings } from '../platform-settings.ts';
import { whereToLook } from '../where-to-look.ts';
import { main } from './main.ts';

/** `make up` */
await main(async () => {
  const settings = platformSettings();
  await bringUp(settings);
  console.log(`\nThe platform is up.\n${whereToLook(settings)}`);
});
