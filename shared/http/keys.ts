import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpError } from '../errors/index.ts';

/**
 * Lets a request pass that carries one of the keys as `Authorization: Bearer <key>`; every request where no keys are set.
 *
 * @param keys separated by commas or line ends, as they stand in a setting or a secret's file.
 * @param kind what the keys are for, in the refusal: `a write key is needed`.
 * @throws HttpError 401.
 */
export function createKeyCheck(
  keys: string | undefined,
  kind: 'write' | 'read',
): (authorization: string | undefined) => void {
  const digests = (keys ?? '')
    .split(/[,\n]/)
    .map((key) => key.trim())
    .filter((key) => key !== '')
    .map(digest);
  if (digests.length === 0) return () => {};
  return (authorization) => {
    const given = digest(/^bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1] ?? '');
    // Every key is compared, in the same time whether or not it fits.
    const found = digests.reduce((any, key) => timingSafeEqual(key, given) || any, false);
    if (!found) throw new HttpError(401, `a ${kind} key is needed: Authorization: Bearer <key>`);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
