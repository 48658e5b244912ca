import { initialise } from '../initialise.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** Topics and schemas alone, for engines that run elsewhere: starts nothing here. */
await main(() => initialise(platformSettings()));
