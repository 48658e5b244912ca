import type { Part } from '../../platform/part.ts';
import { findMongod } from './mongod.ts';
import { mongodPart } from './mongod-part.ts';
import type { MongoSettings } from './settings.ts';
import { standInPart } from './standin-part.ts';

/** The embedded MongoDB: a real `mongod` where there is one, else the stand-in. */
export function mongoPart(settings: MongoSettings): Part {
  const mongod = findMongod(settings);
  return mongod === undefined ? standInPart(settings) : mongodPart(settings, { mongod });
}
