import { request, requestJson } from './request.js';

const named = (name) => encodeURIComponent(name);

export const describeFunction = (name) => requestJson('GET', `/system/function/${named(name)}`);

export const scaleFunction = (name, replicas) =>
  request('POST', `/system/scale-function/${named(name)}`, { serviceName: name, replicas });

export const deleteFunction = (name) => request('DELETE', '/system/functions', { functionName: name });

/** Creates the function, or updates it. @returns {Promise<'created' | 'updated'>} */
export async function deployFunction(deployment, { exists }) {
  await request(exists ? 'PUT' : 'POST', '/system/functions', deployment);
  return exists ? 'updated' : 'created';
}

/** Reads a part of a stack.yml; answers deployments. */
export const readStack = (source) => requestJson('POST', '/ui/api/stack', { source });
