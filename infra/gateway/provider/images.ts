import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HttpError } from '../../../shared/errors/index.ts';
import { namePattern } from './deployment.ts';

/** The last path part of an image without tag and digest: `ghcr.io/me/ingest:1.2` is `ingest`. */
export function imageName(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.replace(/@.*$/, '').replace(/:.*$/, '');
}

/** Names of the functions whose code lies in `functionsDir`. */
export function knownImages(functionsDir: string): string[] {
  if (!existsSync(functionsDir)) return [];
  return readdirSync(functionsDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(functionsDir, entry.name, 'handler.ts')))
    .map((entry) => entry.name)
    .sort();
}

/**
 * The handler file that an image stands for here, where a replica is a process and not a container.
 *
 * @throws HttpError 400 with the list of known images.
 */
export function handlerOfImage(image: string, functionsDir: string): string {
  const name = imageName(image);
  const known = knownImages(functionsDir);
  if (!namePattern.test(name) || !known.includes(name)) {
    throw new HttpError(
      400,
      `image: ${JSON.stringify(image)} is not known here; an image's last path part must be one of: ${known.join(', ') || 'none'}`,
    );
  }
  return resolve(functionsDir, name, 'handler.ts');
}
