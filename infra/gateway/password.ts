import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Settings } from '../../shared/config/index.ts';
import { replaceFile } from './provider/state.ts';

type Needed = Pick<Settings, 'gatewayPassword' | 'dataDir'>;

/** Where the generated password lies; only this user can read it. */
export function passwordFile({ dataDir }: Pick<Settings, 'dataDir'>): string {
  return resolve(dataDir, 'secrets/basic-auth-password');
}

/** The password of the gateway's /system API: the setting, else what was generated; undefined before a first start. */
export function readGatewayPassword(settings: Needed): string | undefined {
  if (settings.gatewayPassword !== undefined) return settings.gatewayPassword;
  const file = passwordFile(settings);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** The same, and generates one at first start. */
export function ensureGatewayPassword(settings: Needed): string {
  const known = readGatewayPassword(settings);
  if (known !== undefined) return known;
  const password = randomBytes(24).toString('base64url');
  replaceFile(passwordFile(settings), `${password}\n`, 0o600);
  return password;
}
