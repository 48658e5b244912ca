import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HttpError } from '../../../shared/errors/index.ts';
import { namePattern } from './deployment.ts';
import { replaceFile } from './state.ts';

/** Secrets of functions: one file each, readable by this user alone. */
export interface SecretStore {
  /** Names, sorted; values are never given out. */
  list(): string[];
  /** @throws HttpError 409 when it exists. */
  create(name: string, value: Buffer): void;
  /** @throws HttpError 404 */
  update(name: string, value: Buffer): void;
  /** @throws HttpError 404 */
  remove(name: string): void;
  /**
   * Writes the named secrets, and only these, into the folder of one function.
   *
   * @throws HttpError 400 that names what is missing.
   */
  mount(functionName: string, names: readonly string[]): void;
  mountFolder(functionName: string): string;
  unmount(functionName: string): void;
}

export function createSecretStore({
  folder,
  mountsFolder,
}: {
  folder: string;
  mountsFolder: string;
}): SecretStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(mountsFolder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  chmodSync(mountsFolder, 0o700);

  const fileOf = (name: string) => {
    // The pattern admits neither a dot nor a slash: no name leaves the folder.
    if (!namePattern.test(name)) throw new HttpError(400, 'name: must be 1 to 63 of a-z, 0-9 and -');
    return join(folder, name);
  };
  const exists = (name: string) => statSync(fileOf(name), { throwIfNoEntry: false })?.isFile() === true;
  const mustExist = (name: string) => {
    if (!exists(name)) throw new HttpError(404, `secret ${name} does not exist`);
  };
  const mountFolder = (functionName: string) => join(mountsFolder, functionName);
  const write = (name: string, value: Buffer) => replaceFile(fileOf(name), value);

  return {
    list: () =>
      readdirSync(folder)
        .filter((name) => namePattern.test(name))
        .sort(),
    create: (name, value) => {
      if (exists(name)) throw new HttpError(409, `secret ${name} already exists`);
      write(name, value);
    },
    update: (name, value) => {
      mustExist(name);
      write(name, value);
    },
    remove: (name) => {
      mustExist(name);
      rmSync(fileOf(name));
    },
    mount: (functionName, names) => {
      const missing = names.filter((name) => !exists(name));
      if (missing.length > 0) throw new HttpError(400, `secrets: not found: ${missing.join(', ')}`);
      const mount = mountFolder(functionName);
      mkdirSync(mount, { recursive: true, mode: 0o700 });
      for (const old of readdirSync(mount))
        if (!names.includes(old)) rmSync(join(mount, old), { force: true });
      for (const name of names) replaceFile(join(mount, name), readFileSync(fileOf(name)));
    },
    mountFolder,
    unmount: (functionName) => rmSync(mountFolder(functionName), { recursive: true, force: true }),
  };
}
