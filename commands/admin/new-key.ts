import { toSigningSecret } from '../../api/access/signing-secret.ts';
import type { CreatedKey } from '../../shared/access/api-key-record.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { keptSecrets } from '../start/system-secrets.ts';

/** The secret that signing secrets are made of, if it is given or kept in DATA_DIR. */
export async function knownSecretsKey(): Promise<string | undefined> {
  const { secretsKey, dataDir } = readEnv();
  return secretsKey ?? (await keptSecrets(dataDir))?.secretsKey;
}

/** A key with its secrets, which are shown once. */
export function shownKey({ id, apiKey, record }: CreatedKey, secretsKey: string | undefined) {
  const { name, scopes, generation = 0 } = record;
  const common = { keyId: id, name, scopes, apiKey };
  if (secretsKey === undefined) return common;
  return { ...common, signingSecret: toSigningSecret(secretsKey, id, generation) };
}
