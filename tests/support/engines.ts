/** Addresses of the engines that the test run started (start-engines.ts) or was given. */
export interface Engines {
  /** host:port list */
  readonly kafka: string;
  /** mongodb:// address, no database */
  readonly mongodb: string;
  /** http:// address */
  readonly clickhouse: string;
}

/** @throws on reading an address that the run does not have. */
export function engines(): Engines {
  return {
    get kafka() {
      return address('TEST_KAFKA');
    },
    get mongodb() {
      return address('TEST_MONGODB');
    },
    get clickhouse() {
      return address('TEST_CLICKHOUSE');
    },
  };
}

function address(name: string): string {
  const value = process.env[name];
  if (!value) {
    const reason = process.env[`${name}_ERROR`] ?? 'run the suite by its jest project, or give the address';
    throw new Error(`${name} is not set: ${reason}`);
  }
  return value;
}
