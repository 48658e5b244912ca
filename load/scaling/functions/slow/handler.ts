import { setTimeout as delay } from 'node:timers/promises';
import type { BatchEvent } from '../../../../shared/batch/types.ts';

/**
 * Takes RECORDS_PER_SECOND a replica, however many calls it has at the same time: it waits instead of working, so
 * that many replicas fit on a small machine.
 */
const perSecond = Number(process.env.RECORDS_PER_SECOND);
let freeAtMs = 0;

export const handler = async (event: BatchEvent) => {
  const records = Object.values(event.records).reduce((sum, each) => sum + each.length, 0);
  freeAtMs = Math.max(freeAtMs, performance.now()) + (records / perSecond) * 1000;
  await delay(freeAtMs - performance.now());
};
