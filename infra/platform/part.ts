/** What one asks a part of the platform: is it ready for work, and if not, why. */
export interface Health {
  ok: boolean;
  /** One short line: a version or an address when fine, the reason when not. */
  detail: string;
}

export interface PartPort {
  port: number;
  /** The setting that moves it, named in the error when the port is taken. */
  setting: string;
}

/**
 * One supervised process of the platform: how to start it, how to know that it is ready, how to stop it.
 * The engines (infra/embedded), the gateway and the connector each describe theirs in a `part.ts`.
 */
export interface Part {
  /** Short, unique: kafka-1, mongodb, clickhouse, gateway, connector. Names the log file and the metric label. */
  name: string;
  /** Program and arguments. */
  command: readonly string[];
  cwd?: string;
  /** Added to a minimal environment (PATH, HOME, LANG). */
  env: Readonly<Record<string, string>>;
  ports: readonly PartPort[];
  /**
   * The address of its first port is kept open while it is started again: who connects meanwhile waits and is not
   * refused. It is handed over as a socket, its number in LISTEN_FD.
   */
  heldAt?: string;
  /** Run before every start, also after a crash: format storage, write configuration. Must be safe to repeat. */
  prepare?(): Promise<void>;
  /** Never throws; answers within two seconds. */
  health(): Promise<Health>;
  /** Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** Milliseconds until it is killed after the stop signal; default 20,000. */
  stopTimeoutMs?: number;
  /** Lines to show a person at start, such as what a stand-in lacks. */
  notes?: readonly string[];
  /** Names of parts that must be ready first. */
  after: readonly string[];
  /** True: exit code 0 means that its work is done, so it is not started again. */
  ends?: boolean;
}
