import type { Dashboard } from './dashboard.ts';
import { availability } from './definitions/availability.ts';
import { functions } from './definitions/functions.ts';
import { pipeline } from './definitions/pipeline.ts';
import { platform } from './definitions/platform.ts';
import { stores } from './definitions/stores.ts';

/** Every dashboard; `make settings` writes each to dashboards/<uid>.json. */
export const dashboards: readonly Dashboard[] = [pipeline, functions, stores, platform, availability];
