import { namespace } from '../provider/deployment.ts';

export type Route =
  | { kind: 'call'; name: string; path: string }
  | { kind: 'async-call'; name: string; path: string }
  | { kind: 'function'; name: string }
  | { kind: 'scale'; name: string }
  | { kind: 'namespace'; name: string }
  | { kind: 'functions' | 'info' | 'namespaces' | 'secrets' | 'logs' | 'healthz' | 'metrics' | 'root' }
  | { kind: 'console'; path: string }
  | { kind: 'not-found' };

const plain = {
  '/system/functions': 'functions',
  '/system/info': 'info',
  '/system/namespaces': 'namespaces',
  '/system/secrets': 'secrets',
  '/system/logs': 'logs',
  '/healthz': 'healthz',
  '/metrics': 'metrics',
  '/': 'root',
} as const;

const named = [
  ['/system/function/', 'function'],
  ['/system/scale-function/', 'scale'],
  ['/system/namespace/', 'namespace'],
] as const;

const calls = [
  ['/function/', 'call'],
  ['/async-function/', 'async-call'],
] as const;

/**
 * What a request target stands for. Nothing is decoded or normalised: a name that is not spelled plainly is no
 * name, and the rest of a call's target goes to the function as it came.
 */
export function route(target: string): Route {
  for (const [prefix, kind] of calls) {
    if (!target.startsWith(prefix)) continue;
    const end = target.slice(prefix.length).search(/[/?#]/);
    const name = end < 0 ? target.slice(prefix.length) : target.slice(prefix.length, prefix.length + end);
    const rest = end < 0 ? '' : target.slice(prefix.length + end);
    return { kind, name: withoutNamespace(name), path: rest.startsWith('/') ? rest : `/${rest}` };
  }
  const path = target.split('?', 1)[0] as string;
  const kind = plain[path as keyof typeof plain];
  if (kind !== undefined && Object.hasOwn(plain, path)) return { kind };
  for (const [prefix, namedKind] of named) {
    if (path.startsWith(prefix))
      return { kind: namedKind, name: withoutNamespace(path.slice(prefix.length)) };
  }
  if (path === '/ui' || path.startsWith('/ui/'))
    return { kind: 'console', path: path.slice('/ui'.length) || '/' };
  return { kind: 'not-found' };
}

/** OpenFaaS also takes `<name>.<namespace>`. */
function withoutNamespace(name: string): string {
  return name.endsWith(`.${namespace}`) ? name.slice(0, -namespace.length - 1) : name;
}
