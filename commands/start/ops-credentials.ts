import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type Env, EnvError } from '../../shared/runtime/env.ts';
import { readJsonFile } from '../../shared/runtime/read-json.ts';
import { writeFileAtomic } from '../../shared/runtime/write-file.ts';

const PASSWORD_BYTES = 18;
/** The name in the login that is generated without `OPS_USERNAME`. */
export const DEFAULT_OPERATOR = 'operator';

const stored = z.object({ username: z.string(), password: z.string() });

/** The operator's login. `passwordFile` contains a generated password. */
export type OpsCredentials = z.infer<typeof stored> & { passwordFile?: string };

function toPasswordFile(dataDir: string): string {
  return join(dataDir, 'ops.json');
}

/** Returns the login that `npm start` has generated on this DATA_DIR, if it has. */
export function readGeneratedLogin(dataDir: string) {
  return readJsonFile(toPasswordFile(dataDir), stored);
}

/**
 * Returns the operator's login from the environment. If the environment has no password, one is
 * generated once and stored in DATA_DIR/ops.json.
 * @throws EnvError in production if the environment lacks the user name or the password
 */
export async function opsCredentials(env: Env): Promise<OpsCredentials> {
  const { opsUsername, opsPassword } = env;
  if (opsUsername && opsPassword) return { username: opsUsername, password: opsPassword };
  if (env.nodeEnv === 'production') {
    throw new EnvError('In production OPS_USERNAME and OPS_PASSWORD must be set.');
  }
  const passwordFile = toPasswordFile(env.dataDir);
  const storedLogin = await readGeneratedLogin(env.dataDir);
  const credentials = {
    username: opsUsername ?? storedLogin?.username ?? DEFAULT_OPERATOR,
    password:
      opsPassword ?? storedLogin?.password ?? randomBytes(PASSWORD_BYTES).toString('base64url'),
  };
  if (opsPassword) return credentials;
  if (!storedLogin) await writeFileAtomic(passwordFile, `${JSON.stringify(credentials)}\n`, 0o600);
  return { ...credentials, passwordFile };
}
