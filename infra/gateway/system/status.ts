import type { DeployedFunction } from '../provider/deployed-function.ts';
import { namespace } from '../provider/deployment.ts';

/** A function as OpenFaaS's provider types describe its status. Secrets are named, never shown. */
export function statusOf(deployed: DeployedFunction): Record<string, unknown> {
  const {
    service,
    image,
    envProcess,
    envVars,
    constraints,
    secrets,
    labels,
    annotations,
    limits,
    requests,
    readOnlyRootFilesystem,
  } = deployed.deployment;
  return {
    name: service,
    image,
    namespace,
    envProcess: envProcess ?? '',
    ...(envVars ? { envVars } : {}),
    ...(constraints?.length ? { constraints } : {}),
    ...(secrets?.length ? { secrets } : {}),
    // As they were deployed: whoever compares them with a stack file finds no other.
    labels: labels ?? {},
    annotations: annotations ?? {},
    ...(limits ? { limits } : {}),
    ...(requests ? { requests } : {}),
    ...(readOnlyRootFilesystem ? { readOnlyRootFilesystem } : {}),
    invocationCount: deployed.invocations,
    replicas: deployed.desired,
    availableReplicas: deployed.available,
    // Not OpenFaaS's: whether an update has arrived cannot be told from the others.
    updatedReplicas: deployed.updated,
    createdAt: deployed.createdAt.toISOString(),
  };
}
