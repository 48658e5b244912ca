import { bringUp } from '../bring-up.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** `make deploy` */
await main(() => bringUp(platformSettings()));
