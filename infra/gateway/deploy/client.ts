import { messageOf, PipelineError } from '../../../shared/errors/index.ts';
import type { FunctionDeployment } from '../provider/deployment.ts';

export interface FunctionStatus {
  name: string;
  image: string;
  replicas?: number;
  availableReplicas?: number;
  /** Only the local gateway tells. */
  updatedReplicas?: number;
  annotations?: Record<string, string>;
}

/** The part of OpenFaaS's REST API that deploying needs; works with any gateway. */
export interface GatewayClient {
  list(): Promise<FunctionStatus[]>;
  /** Updates the function, or creates it. */
  apply(deployment: FunctionDeployment): Promise<'created' | 'updated'>;
  status(name: string): Promise<FunctionStatus | undefined>;
  /** Creates a secret; `replace`: also when there is one. */
  writeSecret(name: string, value: string, options: { replace: boolean }): Promise<void>;
}

export function createGatewayClient({
  url,
  user,
  password,
}: {
  url: string;
  user: string;
  password: string | undefined;
}): GatewayClient {
  const authorization = `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;

  async function ask(method: string, path: string, body?: unknown): Promise<Response> {
    let answer: Response;
    try {
      answer = await fetch(new URL(path, url), {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      const cause = (error as Error).cause;
      throw new PipelineError(
        'GATEWAY',
        `the gateway at ${url} does not answer (${messageOf(cause ?? error)}); is it up?`,
      );
    }
    if (answer.status === 401) {
      throw new PipelineError(
        'GATEWAY',
        `the gateway at ${url} refuses user ${user} or its password (GATEWAY_USER, GATEWAY_PASSWORD)`,
      );
    }
    return answer;
  }

  async function expect(
    method: string,
    path: string,
    body: unknown,
    allowed: readonly number[],
  ): Promise<Response> {
    const answer = await ask(method, path, body);
    if (answer.ok || allowed.includes(answer.status)) return answer;
    throw new PipelineError('GATEWAY', `${method} ${path}: ${answer.status} ${(await answer.text()).trim()}`);
  }

  return {
    list: async () =>
      (await expect('GET', '/system/functions', undefined, [])).json() as Promise<FunctionStatus[]>,
    apply: async (deployment) => {
      const updated = await expect('PUT', '/system/functions', deployment, [404]);
      if (updated.ok) return 'updated';
      await expect('POST', '/system/functions', deployment, []);
      return 'created';
    },
    status: async (name) => {
      const answer = await expect('GET', `/system/function/${name}`, undefined, [404]);
      return answer.ok ? ((await answer.json()) as FunctionStatus) : undefined;
    },
    writeSecret: async (name, value, { replace }) => {
      const created = await expect('POST', '/system/secrets', { name, value }, [409]);
      if (!created.ok && replace) await expect('PUT', '/system/secrets', { name, value }, []);
    },
  };
}
