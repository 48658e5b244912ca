import { z } from 'zod';
import { HttpError } from '../../../shared/errors/index.ts';

/** The only namespace there is; OpenFaaS's own default. */
export const namespace = 'openfaas-fn';

/** What a function, a secret or a namespace may be called: a DNS label, as on Kubernetes. */
export const namePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const name = z
  .string()
  .regex(namePattern, 'must be 1 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit');
const strings = z.record(z.string().min(1).max(256), z.string().max(65_536));
const quantity = z.string().regex(/^\d+(\.\d+)?([EPTGMk]i?|m)?$/, 'must be a quantity such as 256Mi or 500m');
const resources = z.object({ memory: quantity.optional(), cpu: quantity.optional() });

/** The body of POST and PUT /system/functions, as OpenFaaS's provider types define it; unknown fields are ignored. */
const schema = z.object({
  service: name,
  image: z.string().min(1).max(512),
  namespace: z.union([z.literal(''), z.literal(namespace)], `must be ${namespace}`).optional(),
  envProcess: z.string().max(4096).optional(),
  envVars: z
    .record(z.string().regex(/^[A-Za-z_][\w.-]*$/, 'must be the name of a variable'), z.string().max(131_072))
    .nullish(),
  constraints: z.array(z.string()).nullish(),
  secrets: z.array(name).nullish(),
  labels: strings.nullish(),
  annotations: strings.nullish(),
  limits: resources.nullish(),
  requests: resources.nullish(),
  readOnlyRootFilesystem: z.boolean().nullish(),
});

export type FunctionDeployment = z.infer<typeof schema>;

/** @throws HttpError 400 that names every wrong field. */
export function readDeployment(body: unknown): FunctionDeployment {
  return read(schema, body);
}

const scaleSchema = z.object({
  serviceName: z.string().optional(),
  replicas: z.number().int().min(0),
  namespace: z.string().optional(),
});

/** The body of POST /system/scale-function/<name>. @throws HttpError 400 */
export function readScaleRequest(body: unknown): z.infer<typeof scaleSchema> {
  return read(scaleSchema, body);
}

const deleteSchema = z.object({ functionName: z.string().min(1), namespace: z.string().optional() });

/** The body of DELETE /system/functions. @throws HttpError 400 */
export function readDeleteRequest(body: unknown): z.infer<typeof deleteSchema> {
  return read(deleteSchema, body);
}

/** @throws HttpError 400 that names every wrong field of a body. */
export function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) =>
    issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`,
  );
  throw new HttpError(400, problems.join('; '));
}
