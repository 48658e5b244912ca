import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port of the loopback address that was free a moment ago. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** Below what systems give to outgoing connections: one of those may take a port for long before it is used. */
const consecutiveFrom = { least: 10_000, most: 30_000 };

/** `count` different free ports, next to each other when `consecutive` (brokers number theirs on). */
export async function freePorts(
  count: number,
  { consecutive = false }: { consecutive?: boolean } = {},
): Promise<number[]> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const servers = [];
    const ports: number[] = [];
    const { least, most } = consecutiveFrom;
    const first = consecutive ? least + Math.floor(Math.random() * (most - least)) : undefined;
    try {
      for (let i = 0; i < count; i++) {
        const server = createServer().listen(first === undefined ? 0 : first + i, '127.0.0.1');
        await once(server, 'listening');
        servers.push(server);
        ports.push((server.address() as { port: number }).port);
      }
      return ports;
    } catch {
      // A neighbour was taken: try elsewhere.
    } finally {
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    }
  }
  throw new Error(`no ${count} free ports found`);
}
