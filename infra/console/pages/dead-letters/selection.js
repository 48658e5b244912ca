/**
 * What the filters mean, in the words of the gateway, which selects by them what is shown, redriven and purged.
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
