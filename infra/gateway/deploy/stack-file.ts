import { parse } from 'yaml';
import { z } from 'zod';
import { PipelineError } from '../../../shared/errors/index.ts';
import type { FunctionDeployment } from '../provider/deployment.ts';
import { substitute } from './substitute.ts';

// YAML reads `8080` and `true` as other types; OpenFaaS wants text everywhere.
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.record(
  z.string(),
  text.nullish().transform((value) => value ?? ''),
);
const resources = z.object({ memory: text.optional(), cpu: text.optional() });

const schema = z.object({
  version: text.optional(),
  provider: z.object({ name: z.literal('openfaas'), gateway: z.string().optional() }),
  functions: z.record(
    z.string(),
    z.object({
      lang: z.string(),
      handler: z.string(),
      image: z.string(),
      fprocess: z.string().optional(),
      environment: texts.optional(),
      secrets: z.array(z.string()).optional(),
      labels: texts.optional(),
      annotations: texts.optional(),
      constraints: z.array(z.string()).optional(),
      limits: resources.optional(),
      requests: resources.optional(),
      readonly_root_filesystem: z.boolean().optional(),
      namespace: z.string().optional(),
    }),
  ),
});

export interface Stack {
  gatewayUrl: string | undefined;
  deployments: FunctionDeployment[];
}

/**
 * Reads a stack.yml as faas-cli does: first the variables are put in, then it is parsed.
 *
 * @throws PipelineError that names every field that is wrong.
 */
export function readStack(source: string, variables: Readonly<Record<string, string | undefined>>): Stack {
  const result = schema.safeParse(parse(substitute(source, variables)));
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new PipelineError(
      'STACK',
      `the stack file is wrong:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
  }
  const { functions, provider } = result.data;
  return {
    gatewayUrl: provider.gateway,
    deployments: Object.entries(functions).map(([service, f]) => ({
      service,
      image: f.image,
      envProcess: f.fprocess ?? '',
      envVars: f.environment ?? {},
      labels: f.labels ?? {},
      annotations: f.annotations ?? {},
      ...(f.secrets ? { secrets: f.secrets } : {}),
      ...(f.constraints ? { constraints: f.constraints } : {}),
      ...(f.limits ? { limits: f.limits } : {}),
      ...(f.requests ? { requests: f.requests } : {}),
      ...(f.readonly_root_filesystem ? { readOnlyRootFilesystem: true } : {}),
    })),
  };
}
