import type { PartPort } from '../part.ts';
import type { PartStatus } from './supervised-part.ts';
import type { Usage } from './usage.ts';

export interface PartReport extends PartStatus {
  name: string;
  ports: readonly PartPort[];
  notes: readonly string[];
  usage?: Usage;
  /** Share of one processor since the sample before. */
  cpuShare?: number;
}

export interface PlatformReport {
  pid: number;
  startedAt: string;
  /** Settings that parts were started with: name → fingerprint, so that secrets stay where they are. */
  settings: Readonly<Record<string, string>>;
  parts: PartReport[];
  /** All processes of the platform, the supervisor included; pages that several share counted once. */
  memoryBytes: number;
  peakMemoryBytes: number;
  cpuShare: number;
}
