import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { HttpError } from '../../../shared/errors/index.ts';
import { readJson, sendJson } from '../http/answer.ts';
import { namePattern, namespace, read } from '../provider/deployment.ts';
import type { SecretStore } from '../provider/secrets.ts';

const schema = z.object({
  name: z.string().regex(namePattern, 'must be 1 to 63 of a-z, 0-9 and -'),
  namespace: z.union([z.literal(''), z.literal(namespace)], `must be ${namespace}`).optional(),
  value: z.string().max(1_000_000).optional(),
  /** Base64. */
  rawValue: z.base64('must be base64').max(1_400_000).nullish(),
});

/** /system/secrets: names can be listed, values only be written. `onChange` hears of a new value. */
export async function serveSecrets(
  request: IncomingMessage,
  response: ServerResponse,
  { secrets, onChange }: { secrets: SecretStore; onChange: (name: string) => void },
): Promise<void> {
  if (request.method === 'GET') {
    sendJson(
      response,
      200,
      secrets.list().map((name) => ({ name, namespace })),
    );
    return;
  }
  const { name, value, rawValue } = read(schema, await readJson(request, 2_097_152));
  if (request.method === 'DELETE') {
    secrets.remove(name);
    response.writeHead(202).end();
    return;
  }
  if (value === undefined && rawValue == null) throw new HttpError(400, 'value: must be given, or rawValue');
  const bytes = value ? Buffer.from(value, 'utf8') : Buffer.from(rawValue ?? '', 'base64');
  if (request.method === 'POST') {
    secrets.create(name, bytes);
    response.writeHead(201).end();
  } else {
    secrets.update(name, bytes);
    onChange(name);
    response.writeHead(202).end();
  }
}
