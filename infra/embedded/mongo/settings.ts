import type { Settings } from '../../../shared/config/index.ts';

/** The settings that the embedded MongoDB follows. */
export type MongoSettings = Pick<Settings, 'dataDir' | 'bindAddress' | 'mongodbPort' | 'mongodBinary'>;
