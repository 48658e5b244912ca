import { bringDown } from '../bring-down.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make down` */
await main(async () => {
  const stopped = await bringDown(platformSettings());
  console.log(
    stopped ? 'The platform is down; its data stays. `make up` starts it again.' : 'Nothing was running.',
  );
});
