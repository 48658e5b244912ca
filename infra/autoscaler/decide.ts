import type { Measurement } from './measure.ts';

/** What stack.yml asks for one function. */
export interface ScaleSpec {
  lagTargetSeconds: number;
  minReplicas: number;
  maxReplicas: number;
}

export interface Decision {
  replicas: number;
  /** One plain sentence: the rule that decided and its numbers. */
  reason: string;
}

export interface ScalerOptions {
  /** A backlog is to be gone within this time. */
  drainSeconds?: number;
  /** Replicas go down only to the greatest need seen in this time. */
  calmMs?: number;
  /** After a change nothing more is added until its effect can be measured. */
  settleMs?: number;
}

/**
 * The scaling rule of one function, with the memory that it needs: what one replica was seen to deliver while
 * it had work waiting, and the needs of the last calm window.
 *
 * need = (arrival rate + backlog ÷ drain time) ÷ rate per replica, bounded by the partitions that move (a
 * partition is one call at a time) and by min and max. Up at once, at most threefold a step; down only when the whole calm window needed less, so that a
 * step of load changes direction once. More replicas that delivered no more are not followed by still more:
 * then something else (a store) is the limit.
 */
export function createScaler({ drainSeconds = 10, calmMs = 60_000, settleMs = 5_000 }: ScalerOptions = {}) {
  let ratePerReplica: number | undefined;
  let needs: { atMs: number; replicas: number }[] = [];
  let lastUp: { atMs: number; deliveredRate: number } | undefined;
  let lastReplicas: number | undefined;

  return function decide(atMs: number, spec: ScaleSpec, replicas: number, m: Measurement): Decision {
    // Somebody else scaled it, or a replica came up: rates seen before say nothing about now.
    if (lastReplicas !== undefined && replicas < lastReplicas) lastUp = undefined;
    lastReplicas = replicas;

    const settled = lastUp === undefined || atMs - lastUp.atMs >= settleMs;
    const lagSeconds = Math.max(0, ...m.lagsSeconds);
    // More partitions wait than there are replicas: only then does one more replica help, and only then is what
    // they deliver all that they can. One slow or hot partition alone is neither.
    const waiting = m.lagsSeconds.filter((lag) => lag > spec.lagTargetSeconds / 4).length;
    const saturated = waiting >= Math.min(m.lagsSeconds.length, replicas + 1) && waiting > 0;
    if (saturated && settled && replicas > 0 && m.deliveredRate > 0) {
      const seen = m.deliveredRate / replicas;
      ratePerReplica = ratePerReplica === undefined ? seen : 0.5 * ratePerReplica + 0.5 * seen;
    }

    // Partitions that rest or are stuck for a moment lower what is needed, and that goes down only after calm.
    const ceiling = Math.max(spec.minReplicas, Math.min(spec.maxReplicas, m.lagsSeconds.length));
    const bounded = (n: number) => Math.min(ceiling, Math.max(spec.minReplicas, n));
    const needRate = m.arrivalRate + m.backlogRecords / drainSeconds;
    const late = saturated && lagSeconds > spec.lagTargetSeconds / 2;
    const need = bounded(
      ratePerReplica === undefined
        ? late
          ? replicas * 2
          : spec.minReplicas
        : // A tenth in hand, so that the steady state is not the edge of falling behind.
          Math.ceil(((late ? needRate : m.arrivalRate) * 1.1) / ratePerReplica),
    );
    needs.push({ atMs, replicas: need });
    needs = needs.filter((n) => n.atMs > atMs - calmMs);

    if (replicas < spec.minReplicas) return up(spec.minReplicas, `below the minimum of ${spec.minReplicas}`);
    if (replicas > spec.maxReplicas)
      return down(spec.maxReplicas, `above the maximum of ${spec.maxReplicas}`);
    if (need > replicas) {
      if (!late && ratePerReplica !== undefined && m.arrivalRate <= ratePerReplica * replicas) {
        return keep('lag is under half the target');
      }
      if (!settled) return keep('waiting to see what the last change did');
      if (lastUp && saturated && m.deliveredRate < lastUp.deliveredRate * 1.1) {
        if (atMs - lastUp.atMs < calmMs)
          return keep('more replicas did not deliver more: something else is the limit');
        lastUp = undefined;
      }
      const next = Math.min(need, Math.max(replicas * 3, replicas + 2));
      return up(
        next,
        `lag ${lagSeconds.toFixed(1)} s (target ${spec.lagTargetSeconds} s), ${Math.round(m.arrivalRate)}/s arrive, ` +
          `${m.backlogRecords} wait, a replica delivers ${ratePerReplica === undefined ? 'an unknown rate' : `${Math.round(ratePerReplica)}/s`}`,
      );
    }
    const calm = Math.max(...needs.map((n) => n.replicas));
    const windowFull = (needs[0]?.atMs ?? atMs) <= atMs - calmMs * 0.9;
    if (windowFull && calm < replicas)
      return down(calm, `${calm} were enough for the last ${calmMs / 1000} s`);
    return keep(need < replicas ? 'waiting for calm before going down' : 'as many as are needed');

    function up(next: number, reason: string): Decision {
      lastUp = { atMs, deliveredRate: m.deliveredRate };
      return { replicas: next, reason };
    }
    function down(next: number, reason: string): Decision {
      lastUp = undefined;
      return { replicas: next, reason };
    }
    function keep(reason: string): Decision {
      return { replicas, reason };
    }
  };
}
