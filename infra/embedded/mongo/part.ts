import type { Settings } from '../../../shared/config/index.ts';
import type { Part } from '../../platform/part.ts';
import { findMongod } from './mongod.ts';
import { mongodPart } from './mongod-part.ts';
import { standInPart } from './standin-part.ts';

/** The settings that the embedded MongoDB follows. */
export type MongoSettings = Pick<Settings, 'dataDir' | 'bindAddress' | 'mongodbPort' | 'mongodBinary'>;

/** The embedded MongoDB: a real `mongod` where there is one, else the stand-in. */
export function mongoPart(settings: MongoSettings): Part {
  const mongod = findMongod(settings);
  return mongod === undefined ? standInPart(settings) : mongodPart(settings, { mongod });
}
