// @ts-expect-error kafkajs has no types for its inside.
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

interface Queue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

let mended = false;

/**
 * kafkajs 2.2.4 looks for waiting requests after each answer by a timer that sets itself again, a thousand times a
 * second for each idle connection, with a negative time that Node 24 warns of (tulios/kafkajs#1751). Where nothing
 * waits there is nothing to look for: the next request that has to wait sets the timer itself.
 */
export function stopIdleTimer(): void {
  if (mended) return;
  mended = true;
  const queue = RequestQueue.prototype as Queue;
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function (this: Queue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
