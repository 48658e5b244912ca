import { generateUntilDone } from '../../../infra/platform/generator/generate.ts';
import { ensureSupervisor } from '../../../infra/platform/supervisor/client.ts';
import type { Settings } from '../../../shared/config/index.ts';
import { rateFor } from './pace.ts';

/** Seconds of load that are decided at once. */
const SLICE_SECONDS = 10;
/** Before anything is known: what a fault takes, its pause included. */
const FIRST_GUESS_SECONDS = 4;

/**
 * Sends at least so many events, and goes on as long as faults are to come: a fault that hits an idle platform shows
 * little. Each slice is a run of the generator, which a kill neither cuts short nor doubles.
 *
 * @returns events sent, the invalid ones included.
 */
export async function keepLoad({
  settings,
  runId,
  events,
  faultsLeft,
  signal,
  now = Date.now,
}: {
  settings: Settings;
  runId: string;
  events: number;
  faultsLeft: () => number;
  signal: AbortSignal;
  now?: () => number;
}): Promise<number> {
  const startedMs = now();
  const faults = faultsLeft();
  let sent = 0;
  for (let slice = 0; (sent < events || faultsLeft() > 0) && !signal.aborted; slice++) {
    const injected = faults - faultsLeft();
    const rate = rateFor({
      eventsLeft: events - sent,
      faultsLeft: faultsLeft(),
      secondsPerFault: injected > 0 ? (now() - startedMs) / 1000 / injected : FIRST_GUESS_SECONDS,
    });
    const { produced } = await generateUntilDone({
      gatewayUrl: settings.gatewayUrl,
      parameters: {
        run_id: `${runId}-${slice}`,
        seed: slice + 1,
        ...(rate === undefined ? { count: events - sent } : { count: rate * SLICE_SECONDS, rate }),
      },
      sliceSeconds: 20,
      signal,
      onTrouble: async () => {
        await ensureSupervisor(settings);
      },
    });
    sent += produced;
  }
  return sent;
}
