import type { DeployedFunction } from '../provider/deployed-function.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

/** Schedules of those functions that have one. */
export function schedulesOf(functions: readonly DeployedFunction[]): Map<string, Schedule> {
  const schedules = new Map<string, Schedule>();
  for (const { deployment } of functions) {
    const schedule = scheduleOf(deployment.annotations);
    if (schedule !== undefined) schedules.set(deployment.service, schedule);
  }
  return schedules;
}

/** Calls a function as OpenFaaS's cron connector does; the status of its answer. */
export async function callByClock(url: string): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'x-connector': 'cron-connector', 'x-topic': 'cron-function' },
    body: '',
  });
  await answer.arrayBuffer();
  return answer.status;
}
