import { downloadEngines } from '../downloads.ts';
import { platformSettings } from '../platform-settings.ts';
import { main } from './main.ts';

/** Fetches the engines' jars; called before tests, which start engines of their own. */
await main(() => downloadEngines(platformSettings()));
