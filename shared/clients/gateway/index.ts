import { PipelineError } from '../../errors/index.ts';

/** A function as an OpenFaaS gateway's REST API lists it. */
export interface FunctionStatus {
  name: string;
  replicas: number;
  availableReplicas: number;
  annotations?: Record<string, string> | null;
}

export interface GatewayClientOptions {
  url: string;
  user: string;
  /** Absent where the gateway asks for none. */
  password?: string;
  timeoutMs?: number;
}

/** The part of an OpenFaaS gateway's REST API that connector, autoscaler and platform use; works with any gateway. */
export function createGatewayClient({ url, user, password, timeoutMs = 10_000 }: GatewayClientOptions) {
  const base = url.replace(/\/+$/, '');
  const authorization =
    password === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  /** @throws PipelineError `GATEWAY` (retriable) naming address and answer. */
  async function request(method: string, path: string, body?: unknown): Promise<Response> {
    const where = `${method} ${base}${path}`;
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, {
        method,
        headers: {
          ...(authorization && { authorization }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (cause) {
      throw new PipelineError('GATEWAY', `${where} got no answer: is the gateway up?`, {
        cause,
        retriable: true,
      });
    }
    if (response.ok) return response;
    const text = (await response.text()).slice(0, 200);
    const remedy = response.status === 401 ? ' (set GATEWAY_USER and GATEWAY_PASSWORD)' : '';
    throw new PipelineError('GATEWAY', `${where} answered ${response.status}: ${text}${remedy}`, {
      retriable: true,
    });
  }

  return {
    /** All deployed functions. */
    async listFunctions(): Promise<FunctionStatus[]> {
      return (await (await request('GET', '/system/functions')).json()) as FunctionStatus[];
    },
    /** Asks for a number of replicas; returns once the gateway has taken it, not once they are up. */
    async scale(name: string, replicas: number): Promise<void> {
      const body = { serviceName: name, service: name, replicas };
      await (await request('POST', `/system/scale-function/${encodeURIComponent(name)}`, body)).text();
    },
  };
}

export type GatewayClient = ReturnType<typeof createGatewayClient>;
