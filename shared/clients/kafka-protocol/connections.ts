import { Connection, type ConnectionOptions } from '@platformatic/kafka';

export interface BrokerAddress {
  nodeId: number;
  host: string;
  port: number;
}

export interface Connections {
  /**
   * A live connection to a broker. A broker answers the requests of one connection in order, so what must not
   * wait for each other (a long fetch, a join, a transaction) travels in different lanes.
   */
  to(broker: BrokerAddress, lane: string): Promise<Connection>;
  /** Closes the connections of one lane. */
  closeLane(lane: string): Promise<void>;
  close(): Promise<void>;
}

/** Keeps one connection per broker and lane; a broken one is replaced at its next use. */
export function createConnections({
  clientId,
  optionsOf,
}: {
  clientId: string;
  optionsOf: (lane: string) => ConnectionOptions;
}): Connections {
  const open = new Map<string, Promise<Connection>>();
  let closed = false;

  async function connect(
    broker: BrokerAddress,
    lane: string,
    forget: (connection: Connection) => void,
  ): Promise<Connection> {
    const connection = new Connection(clientId, { maxInflights: 1000, ...optionsOf(lane) });
    // Without a listener an error of an idle connection would end the process.
    connection.on('error', () => forget(connection));
    connection.on('close', () => forget(connection));
    await connection.connect(broker.host, broker.port);
    return connection;
  }

  async function closeAll(keys: string[]): Promise<void> {
    const closing = keys.map((key) => open.get(key));
    for (const key of keys) open.delete(key);
    await Promise.allSettled(closing.map(async (connection) => (await connection)?.close()));
  }

  return {
    to(broker, lane) {
      if (closed) return Promise.reject(new Error('The connections to Kafka are closed'));
      const key = `${lane}@${broker.nodeId}/${broker.host}:${broker.port}`;
      const existing = open.get(key);
      if (existing) return existing;
      const connecting = connect(broker, lane, () => {
        if (open.get(key) === connecting) open.delete(key);
      });
      connecting.catch(() => {
        if (open.get(key) === connecting) open.delete(key);
      });
      open.set(key, connecting);
      return connecting;
    },
    closeLane: (lane) => closeAll([...open.keys()].filter((key) => key.startsWith(`${lane}@`))),
    close() {
      closed = true;
      return closeAll([...open.keys()]);
    },
  };
}
