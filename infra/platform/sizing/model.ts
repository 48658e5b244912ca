/** What one event costs, as measured. */
export interface Costs {
  /** Events a second that went through everything at the top rate, and the partitions they were spread over. */
  topRate: number;
  partitions: number;
  /** Processor time of each part, in microseconds; `functions` are all replicas together. */
  cpuMicroseconds: Readonly<Record<string, number>>;
  /** On one disk, once. */
  bytes: Readonly<Record<'events_raw' | 'events_clean' | 'mongodb' | 'clickhouse', number>>;
}

/** What is assumed of the machines; everything else is measured. */
export interface Machines {
  cores: number;
  diskBytes: number;
  /** Share of processors and disks that is used at the stated load: the rest is for peaks, merges and failures. */
  use: number;
}

export const standardMachines: Machines = { cores: 16, diskBytes: 4e12, use: 0.6 };

export const copies = { kafka: 3, mongodb: 3, clickhouse: 2 } as const;
const kafkaDays = 7;

export interface Load {
  eventsPerSecond: number;
  /** Events that the stores keep. */
  eventsKept: number;
}

export interface Needs {
  /** Processors of each part, all copies. */
  processors: Record<string, number>;
  partitions: number;
  brokers: number;
  connectors: number;
  mongodbShards: number;
  clickhouseShards: number;
  /** All copies. */
  diskBytes: Record<'kafka' | 'mongodb' | 'clickhouse', number>;
}

/**
 * Machines and disks for a load. Every copy of an event is taken to cost what the first did: a follower reads and writes
 * as much as it would as a leader, less the requests of clients.
 */
export function needsOf(costs: Costs, load: Load, machines: Machines = standardMachines): Needs {
  const { eventsPerSecond, eventsKept } = load;
  const processorsOf = (part: string, times = 1) =>
    (eventsPerSecond * (costs.cpuMicroseconds[part] ?? 0) * times) / 1e6 / machines.use;
  const processors: Record<string, number> = {};
  for (const part of Object.keys(costs.cpuMicroseconds)) {
    processors[part] = processorsOf(part, copies[part as keyof typeof copies] ?? 1);
  }
  const { events_raw: raw, events_clean: clean, mongodb, clickhouse } = costs.bytes;
  const diskBytes = {
    kafka: eventsPerSecond * 86_400 * kafkaDays * (raw + clean) * copies.kafka,
    mongodb: eventsKept * mongodb * copies.mongodb,
    clickhouse: eventsKept * clickhouse * copies.clickhouse,
  };
  const servers = (part: keyof typeof copies) =>
    Math.max(
      Math.ceil((processors[part] ?? 0) / machines.cores),
      Math.ceil(diskBytes[part] / machines.diskBytes / machines.use),
    );
  // One thread does a connector's work: more than one processor does not help it.
  const connectors = Math.max(2, Math.ceil(processorsOf('connector')));
  // One range at a time of a partition is under way: what a partition was seen to deliver bounds it.
  const perPartition = (costs.topRate / costs.partitions) * machines.use;
  return {
    processors,
    partitions: Math.max(6, connectors, Math.ceil(eventsPerSecond / perPartition)),
    brokers: Math.max(copies.kafka, servers('kafka')),
    connectors,
    mongodbShards: Math.max(1, Math.ceil(servers('mongodb') / copies.mongodb)),
    clickhouseShards: Math.max(1, Math.ceil(servers('clickhouse') / copies.clickhouse)),
    diskBytes,
  };
}
