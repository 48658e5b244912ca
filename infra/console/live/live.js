/**
 * The live state of the platform, as the gateway sends it once a second. It looks again by itself when the
 * connection ends, and says how old what it has is: a connection that stands and sends nothing is dead too.
 *
 * @param {{url: string, keepMs?: number, oldAfterMs?: number, deadAfterMs?: number}} options
 */
export function createLive({ url, keepMs = 900_000, oldAfterMs = 5000, deadAfterMs = 12_000 }) {
  const listeners = new Set();
  let source;
  let state;
  let points = [];
  let heardAt = performance.now();
  let openedAt = 0;
  let wasOld = true;

  function open() {
    source?.close();
    openedAt = performance.now();
    source = new EventSource(url);
    source.addEventListener('history', (event) => {
      points = JSON.parse(event.data);
    });
    source.addEventListener('state', (event) => {
      state = JSON.parse(event.data);
      heardAt = performance.now();
      if (points.at(-1)?.atMs !== state.point.atMs) points.push(state.point);
      while (points.length > 0 && points[0].atMs < state.atMs - keepMs) points.shift();
      tell();
    });
  }

  const ageMs = () => (state === undefined ? undefined : performance.now() - heardAt);
  const isOld = () => state === undefined || performance.now() - heardAt > oldAfterMs;

  function tell() {
    for (const listener of listeners) listener();
  }

  function look() {
    const now = performance.now();
    // A browser gives up for good on some answers (a 401 or 503 while the gateway starts): then we open anew.
    const given = source.readyState === EventSource.CLOSED && now - openedAt > 1500;
    const silent = now - heardAt > deadAfterMs && now - openedAt > deadAfterMs;
    if (given || silent) open();
    if (isOld() || wasOld) tell();
    wasOld = isOld();
  }

  open();
  const timer = setInterval(look, 1000);
  // A page that comes back from the background may hold a connection that is long gone.
  const onVisible = () => {
    if (document.visibilityState === 'visible' && isOld()) open();
  };
  document.addEventListener('visibilitychange', onVisible);

  return {
    /** Calls `listener` at each new state, and each second while what is there is old. */
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    points: () => points,
    ageMs,
    isOld,
    close: () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
      source.close();
    },
  };
}
