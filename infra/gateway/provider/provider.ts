import { resolve } from 'node:path';
import { HttpError } from '../../../shared/errors/index.ts';
import type { Logger } from '../../../shared/log/index.ts';
import { scheduleOf } from '../cron/schedule.ts';
import { createDeployedFunction, type DeployedFunction } from './deployed-function.ts';
import { type FunctionDeployment, namespace } from './deployment.ts';
import { replicaEnvironment } from './environment.ts';
import { handlerOfImage } from './images.ts';
import { heapLimitMiB } from './quantity.ts';
import { startReplica } from './replica.ts';
import type { SecretStore } from './secrets.ts';
import { loadFunctions, saveFunctions } from './state.ts';

export interface ProviderOptions {
  /** Root of the checkout: where the wrapper lies, and working directory of replicas. */
  root: string;
  functionsDir: string;
  stateFile: string;
  maxReplicas: number;
  stopTimeoutMs: number;
  log: Logger;
  onLine(line: { name: string; instance: string; text: string }): void;
  secrets: SecretStore;
}

/** The functions of this gateway; a replica is a process. */
export interface Provider {
  list(): DeployedFunction[];
  get(name: string): DeployedFunction | undefined;
  /** @throws HttpError 400, 409 */
  deploy(deployment: FunctionDeployment): void;
  /** @throws HttpError 400, 404 */
  update(deployment: FunctionDeployment): void;
  /** @throws HttpError 400, 404 */
  scale(name: string, replicas: number): void;
  /** @throws HttpError 404 */
  remove(name: string): Promise<void>;
  /** Gives a secret's new value to the functions that use it. */
  remountSecret(name: string): void;
  /** Calls `listener` after every change of the functions or their number. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export function createProvider(options: ProviderOptions): Provider {
  const { root, functionsDir, stateFile, maxReplicas, stopTimeoutMs, log, onLine, secrets } = options;
  const functions = new Map<string, DeployedFunction>();
  const program = resolve(root, 'template/node24-batch/index.ts');
  let started = 0;
  const listeners: (() => void)[] = [];

  function add(deployment: FunctionDeployment, replicas: number, createdAt: Date): void {
    const name = deployment.service;
    const deployed = createDeployedFunction({
      deployment,
      replicas,
      createdAt,
      stopTimeoutMs,
      log: log.child({ function: name }),
      start: (spec, hooks) => {
        const id = `${name}-${++started}`;
        const memory = spec.limits?.memory;
        return startReplica({
          ...hooks,
          id,
          program,
          cwd: root,
          env: replicaEnvironment({
            deployment: spec,
            handlerPath: handlerOfImage(spec.image, functionsDir),
            secretsDir: secrets.mountFolder(name),
            path: process.env.PATH,
          }),
          heapLimitMiB: memory === undefined ? undefined : heapLimitMiB(memory),
          onLine: (text) => onLine({ name, instance: id, text }),
        });
      },
    });
    functions.set(name, deployed);
  }

  function save(): void {
    saveFunctions(
      stateFile,
      [...functions.values()].map((f) => ({
        deployment: f.deployment,
        replicas: f.desired,
        createdAt: f.createdAt.toISOString(),
      })),
    );
    for (const listener of listeners) listener();
  }

  /** Refuses what could not be started, before anything is changed. */
  function check(deployment: FunctionDeployment): void {
    handlerOfImage(deployment.image, functionsDir);
    scheduleOf(deployment.annotations);
    secrets.mount(deployment.service, deployment.secrets ?? []);
  }

  function tellSource({ service, image }: FunctionDeployment): void {
    const handler = handlerOfImage(image, functionsDir);
    log.info(
      { function: service, image, handler },
      'runs the handler of this checkout; its image is not pulled',
    );
  }

  function existing(name: string): DeployedFunction {
    const found = functions.get(name);
    if (found === undefined) throw new HttpError(404, `function ${name} is not deployed in ${namespace}`);
    return found;
  }

  for (const { deployment, replicas, createdAt } of loadFunctions(stateFile)) {
    try {
      check(deployment);
      add(deployment, replicas, new Date(createdAt));
    } catch (error) {
      log.error(
        { err: error, function: deployment.service },
        'a function that was deployed cannot be started; it is left out',
      );
    }
  }

  return {
    list: () =>
      [...functions.values()].toSorted((a, b) => (a.deployment.service < b.deployment.service ? -1 : 1)),
    get: (name) => functions.get(name),
    deploy: (deployment) => {
      if (functions.has(deployment.service)) {
        throw new HttpError(409, `function ${deployment.service} is already deployed; update it with PUT`);
      }
      check(deployment);
      add(deployment, minReplicas(deployment), new Date());
      tellSource(deployment);
      save();
    },
    update: (deployment) => {
      const found = existing(deployment.service);
      check(deployment);
      found.update(deployment);
      tellSource(deployment);
      const least = minReplicas(deployment);
      if (found.desired < least) found.scale(least);
      save();
    },
    scale: (name, replicas) => {
      const found = existing(name);
      if (replicas > maxReplicas) {
        throw new HttpError(400, `replicas: at most ${maxReplicas} of one function (MAX_REPLICAS)`);
      }
      found.scale(replicas);
      save();
    },
    remove: async (name) => {
      const found = existing(name);
      functions.delete(name);
      save();
      await found.remove();
      if (!functions.has(name)) secrets.unmount(name);
    },
    remountSecret: (secret) => {
      for (const { deployment } of functions.values()) {
        if (deployment.secrets?.includes(secret)) secrets.mount(deployment.service, deployment.secrets);
      }
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    close: async () => {
      await Promise.all([...functions.values()].map((f) => f.remove()));
    },
  };

  function minReplicas(deployment: FunctionDeployment): number {
    const label = Number(deployment.labels?.['com.openfaas.scale.min'] ?? 1);
    return Number.isInteger(label) && label >= 1 ? Math.min(label, maxReplicas) : 1;
  }
}
