import {
  newSystemSecrets,
  type PrivateJwk,
  rotateSigningKeys,
} from '../../shared/access/system-secrets.ts';
import { EnvError, readEnv } from '../../shared/runtime/env.ts';
import { configuredSigningKeys } from '../start/system-secrets.ts';
import type { AdminCommand } from './command.ts';

/** Prints the secrets that a production system needs. */
export const newSecrets: AdminCommand = {
  usage: '',
  help: 'prints SIGNING_KEYS and SECRETS_KEY for an env file',
  options: {},
  run: () => {
    const { signingKeys, secretsKey } = newSystemSecrets();
    return `${toEnvLine(signingKeys)}\nSECRETS_KEY=${secretsKey}`;
  },
};

/** Prints the next list of signing keys. The processes can be restarted with it one by one. */
export const rotateKeys: AdminCommand = {
  usage: '',
  help: 'reads SIGNING_KEYS and prints the list after a rotation',
  options: {},
  run: () => {
    const keys = configuredSigningKeys(readEnv());
    if (keys === undefined) throw new EnvError('SIGNING_KEYS must be set to the list in use.');
    return toEnvLine(rotateSigningKeys(keys));
  },
};

/** Formats an env line. Shells, Compose, systemd and Node read the quoted text as one value. */
function toEnvLine(keys: readonly PrivateJwk[]): string {
  return `SIGNING_KEYS='${JSON.stringify(keys)}'`;
}
