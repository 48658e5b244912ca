import { createHash, timingSafeEqual } from 'node:crypto';

export type Authenticate = (authorization: string | undefined) => boolean;

/**
 * Checks HTTP basic credentials. The time it takes says nothing about where they differ, nor how long they are:
 * digests are compared, not texts.
 */
export function basicAuth({ user, password }: { user: string; password: string }): Authenticate {
  const expected = digest(`${user}:${password}`);
  return (authorization) => {
    const match = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization ?? '');
    const given = digest(Buffer.from(match?.[1] ?? '', 'base64'));
    return timingSafeEqual(given, expected) && match !== null;
  };
}

function digest(value: string | Buffer): Buffer {
  return createHash('sha256').update(value).digest();
}
