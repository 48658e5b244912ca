import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers; closing it ends its connections, also those in use. */
export interface Listening {
  /** The port that it got, where 0 asked for any. */
  port: number;
  close(): Promise<void>;
}

/** Lets a server listen. @throws Error of the socket when it cannot, such as EADDRINUSE. */
export async function listening(
  server: Server,
  { port, bindAddress }: { port: number; bindAddress: string },
): Promise<Listening> {
  server.listen(port, bindAddress);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
