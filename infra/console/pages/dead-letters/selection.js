/**
 * What the filters mean, in the words of the gateway, which selects by the same rules when it redrives or purges.
 *
 * @param {{functionName: string, reason: string, sinceSeconds: number, now?: number}} filters
 */
export function selectionOf({ functionName, reason, sinceSeconds, now = Date.now() }) {
  const selection = {
    ...(functionName !== '' && { functionName }),
    ...(reason !== '' && { reason }),
    ...(sinceSeconds > 0 && { sinceMs: now - sinceSeconds * 1000 }),
  };
  // Nothing chosen is all of them, and has to be said.
  return Object.keys(selection).length > 0 ? selection : { all: true };
}

/** Whether a selection means a letter. */
export function selects({ functionName, reason, sinceMs }, letter) {
  return (
    (functionName === undefined || letter.functionName === functionName) &&
    (reason === undefined || letter.reason.includes(reason)) &&
    (sinceMs === undefined || letter.diedMs >= sinceMs)
  );
}
