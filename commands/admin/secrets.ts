import {
  newSystemSecrets,
  type PrivateJwk,
  rotateSigningKeys,
} from '../../shared/access/system-secrets.ts';
import { EnvError, readEnv } from '../../shared/runtime/env.ts';
import { givenSigningKeys } from '../start/system-secrets.ts';
import type { AdminCommand } from './command.ts';

/** The secrets that a system in production is started with. */
export const newSecrets: AdminCommand = {
  usage: '',
  help: 'prints SIGNING_KEYS and SECRETS_KEY for an env file',
  options: {},
  run: () => {
    const { signingKeys, secretsKey } = newSystemSecrets();
    return `${toEnvLine(signingKeys)}\nSECRETS_KEY=${secretsKey}`;
  },
};

/** The next list of signing keys. Processes are restarted with it one after the other. */
export const rotateKeys: AdminCommand = {
  usage: '',
  help: 'reads SIGNING_KEYS and prints the list to go on with',
  options: {},
  run: () => {
    const keys = givenSigningKeys(readEnv());
    if (keys === undefined) throw new EnvError('SIGNING_KEYS must be set to what is in use.');
    return toEnvLine(rotateSigningKeys(keys));
  },
};

/** In single quotes: so shells, Compose, systemd and Node read it as one value. */
function toEnvLine(keys: readonly PrivateJwk[]): string {
  return `SIGNING_KEYS='${JSON.stringify(keys)}'`;
}
