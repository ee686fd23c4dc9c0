import { join } from 'node:path';
import { z } from 'zod';
import {
  newSystemSecrets,
  parseSigningKeys,
  type SystemSecrets,
} from '../../shared/access/system-secrets.ts';
import { type Env, EnvError } from '../../shared/runtime/env.ts';
import { readJsonFile } from '../../shared/runtime/read-json.ts';
import { writeFileAtomic } from '../../shared/runtime/write-file.ts';

const FILE = 'secrets.json';

const stored = z.object({ signingKeys: z.array(z.unknown()), secretsKey: z.string() });

type SecretsEnv = Pick<Env, 'signingKeys' | 'secretsKey' | 'nodeEnv' | 'dataDir'>;

/**
 * Returns the system's secrets from the environment, or secrets that are generated once and stored
 * in DATA_DIR/secrets.json, so that tokens and signing secrets survive a restart.
 * @throws EnvError if SIGNING_KEYS is invalid, or in production if a secret is not set
 */
export async function systemSecrets(env: SecretsEnv): Promise<SystemSecrets> {
  const signingKeys = configuredSigningKeys(env);
  const { secretsKey } = env;
  if (signingKeys !== undefined && secretsKey !== undefined) return { signingKeys, secretsKey };
  if (env.nodeEnv === 'production') {
    const missing = signingKeys === undefined ? 'SIGNING_KEYS' : 'SECRETS_KEY';
    throw new EnvError(
      `In production ${missing} must be set; \`npm run admin -- new-secrets\` prints it.`,
    );
  }
  const storedSecrets =
    (await readStoredSecrets(env.dataDir)) ?? (await createSecrets(env.dataDir));
  return {
    signingKeys: signingKeys ?? storedSecrets.signingKeys,
    secretsKey: secretsKey ?? storedSecrets.secretsKey,
  };
}

/**
 * Parses SIGNING_KEYS. Returns undefined if it is not set.
 * @throws EnvError if it is invalid
 */
export function configuredSigningKeys({ signingKeys }: Pick<Env, 'signingKeys'>) {
  if (signingKeys === undefined) return undefined;
  const parsed = parseSigningKeys(signingKeys);
  if (parsed !== undefined) return parsed;
  throw new EnvError('SIGNING_KEYS must be a JSON list of private Ed25519 JWKs');
}

/** Returns the secrets key from the environment, or the key that an earlier start generated. */
export async function readSecretsKey(
  env: Pick<Env, 'secretsKey' | 'dataDir'>,
): Promise<string | undefined> {
  return env.secretsKey ?? (await readStoredSecrets(env.dataDir))?.secretsKey;
}

async function readStoredSecrets(dataDir: string): Promise<SystemSecrets | undefined> {
  const storedSecrets = await readJsonFile(join(dataDir, FILE), stored);
  const signingKeys = parseSigningKeys(JSON.stringify(storedSecrets?.signingKeys));
  return storedSecrets && signingKeys && { signingKeys, secretsKey: storedSecrets.secretsKey };
}

async function createSecrets(dataDir: string): Promise<SystemSecrets> {
  const secrets = newSystemSecrets();
  await writeFileAtomic(join(dataDir, FILE), `${JSON.stringify(secrets)}\n`, 0o600);
  return secrets;
}
