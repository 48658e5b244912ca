import net, { isIP } from 'node:net';

/** An address that stays taken while nobody serves it: the system keeps who connects until somebody does. */
export interface HeldPort {
  /** A socket to give to the process that is to listen on it. */
  readonly fd: number;
  /** From then on nobody can connect, unless a process that was given the socket still has it. */
  close(): void;
}

/** Bound, and never read here: `listen` of Node would also take connections. Behind node:cluster, not in the manual. */
type CreateServerHandle = (address: string, port: number, family: 4 | 6) => HeldPort | number;
const { _createServerHandle: createServerHandle } = net as unknown as {
  _createServerHandle?: CreateServerHandle;
};

/** Undefined where it cannot be had, such as a port that is taken: the process itself will say why, or manage. */
export function holdPort(host: string, port: number): HeldPort | undefined {
  const family = isIP(host);
  if (family !== 4 && family !== 6) return undefined;
  const held = createServerHandle?.(host, port, family);
  return typeof held === 'object' ? held : undefined;
}
