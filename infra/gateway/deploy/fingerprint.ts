import { createHash, type Hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionDeployment } from '../provider/deployment.ts';
import { imageName } from '../provider/images.ts';

/** Annotation that says what a function was deployed from. */
export const fingerprintAnnotation = 'deployed-from';

/**
 * Adds to each deployment what it is made from: itself, its code and the code it shares, its secrets. One that is
 * the same need not be deployed again, since its processes run what lies there.
 */
export function withFingerprints(
  deployments: readonly FunctionDeployment[],
  {
    root,
    functionsDir,
    secrets,
  }: { root: string; functionsDir: string; secrets: Readonly<Record<string, string>> },
): FunctionDeployment[] {
  const common = createHash('sha256');
  for (const path of ['shared', 'template', 'package-lock.json']) addPath(common, join(root, path));
  const shared = common.digest();
  return deployments.map((deployment) => {
    const hash = createHash('sha256').update(shared).update(JSON.stringify(deployment));
    addPath(hash, join(functionsDir, imageName(deployment.image)));
    for (const name of deployment.secrets ?? []) hash.update(`\0${name}\0${secrets[name] ?? ''}`);
    const annotations = {
      ...deployment.annotations,
      [fingerprintAnnotation]: hash.digest('hex').slice(0, 32),
    };
    return { ...deployment, annotations };
  });
}

function addPath(hash: Hash, path: string): void {
  if (!existsSync(path)) return;
  const files = /\.\w+$/.test(path) ? [path] : listFiles(path);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file));
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
