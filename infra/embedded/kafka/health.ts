import { Connection, describeClusterV0, describeGroupsV5, findCoordinatorV4 } from '@platformatic/kafka';
import { messageOf } from '../../../shared/errors/index.ts';
import type { Health } from '../../platform/part.ts';

const groups = 0;
const transactions = 1;
/** Kafka's error codes: the topic of positions is being read; another broker looks after this group. */
const loading = 14;
const key = 'readiness';

/**
 * Whether a broker can work, not only whether it listens: it is registered with the controller and not fenced,
 * and the coordinators of groups and transactions answer. Asking for these makes Kafka's own topics, at the first
 * start too, so that the first client does not wait for them. Never throws; answers within two seconds.
 */
export async function brokerHealth({
  host,
  port,
  node,
}: {
  host: string;
  port: number;
  node: number;
}): Promise<Health> {
  const connection = new Connection('health', { connectTimeout: 500, requestTimeout: 1300 });
  connection.on('error', () => {}); // Also reported by the call that failed.
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(new Error('no answer within 1.8 s')), 1800);
  try {
    return await Promise.race([ask(connection, { host, port, node }), deadline.promise]);
  } catch (error) {
    return { ok: false, detail: `${host}:${port}: ${messageOf(error)}` };
  } finally {
    clearTimeout(timer);
    await connection.close().catch(() => {});
  }
}

async function ask(
  connection: Connection,
  { host, port, node }: { host: string; port: number; node: number },
): Promise<Health> {
  await connection.connect(host, port);
  const cluster = await describeClusterV0.api.async(connection, false, 1);
  const count = cluster.brokers.length;
  if (!cluster.brokers.some((broker) => broker.brokerId === node)) {
    return { ok: false, detail: `broker ${node} is not yet registered with the controller` };
  }
  for (const type of [groups, transactions]) {
    const found = await findCoordinatorV4.api.async(connection, type, [key]).catch(codeOfAnswer);
    if (typeof found === 'number') {
      const what = type === groups ? 'groups' : 'transactions';
      return { ok: false, detail: `the coordinator of ${what} is not there yet (Kafka's error ${found})` };
    }
  }
  const described = await describeGroupsV5.api.async(connection, [key], false).catch(codeOfAnswer);
  if (described === loading) return { ok: false, detail: 'the positions of groups are being read' };
  return { ok: true, detail: `${host}:${port}, ${count === 1 ? 'one broker' : `${count} brokers`}` };
}

/** The broker's error code in what the client has thrown; anything else is thrown on. */
function codeOfAnswer(error: unknown): number {
  const errors = (error as { errors?: { apiCode?: number }[] }).errors ?? [];
  const code = errors.map((e) => e.apiCode).find((c) => c !== undefined);
  if (code === undefined) throw error;
  return code;
}
