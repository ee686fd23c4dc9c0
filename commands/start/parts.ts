import type { SystemSecrets } from '../../shared/access/system-secrets.ts';
import type { Env } from '../../shared/runtime/env.ts';
import type { OpsCredentials } from './ops-credentials.ts';

/** A part of Lastunit that runs in a process of its own. `name` also names its log file. */
export type Part = {
  role: 'api' | 'worker';
  name: string;
  /** Path of its main file, from the project's root. */
  script: string;
  env: Record<string, string>;
  dataDir: string;
};

/**
 * What parts are told: where the servers are, their secrets, and who the operator is if they have
 * something to show.
 */
export type PartSettings = {
  mongodbUrl: string;
  redisUrl: string;
  ops: OpsCredentials;
  secrets: SystemSecrets;
};

/** The API and as many workers as wanted, in the order in which they start. */
export function listParts(env: Env, settings?: PartSettings): Part[] {
  const shared = {
    dataDir: env.dataDir,
    env: settings
      ? {
          MONGODB_URL: settings.mongodbUrl,
          REDIS_URL: settings.redisUrl,
          DATA_DIR: env.dataDir,
        }
      : {},
  };
  const apiEnv = { ...shared.env, ...(settings && secretEnv(settings)) };
  const workers = Array.from({ length: env.workers }, (_, index) => ({
    role: 'worker' as const,
    name: `worker-${index + 1}`,
    script: 'worker/main.ts',
    ...shared,
    env: { ...shared.env, ...(settings && workerEnv(env, settings, index)) },
  }));
  const api = { role: 'api' as const, name: 'api', script: 'api/main.ts', ...shared, env: apiEnv };
  return [api, ...workers];
}

/** Workers that show figures do so on ports that follow each other. */
function workerEnv(
  { metricsPort }: Env,
  { ops, secrets }: PartSettings,
  index: number,
): Record<string, string> {
  const { secretsKey: SECRETS_KEY } = secrets;
  if (metricsPort === undefined) return { SECRETS_KEY };
  return {
    SECRETS_KEY,
    OPS_USERNAME: ops.username,
    OPS_PASSWORD: ops.password,
    METRICS_PORT: String(metricsPort + index),
  };
}

function secretEnv({ ops, secrets }: PartSettings): Record<string, string> {
  return {
    OPS_USERNAME: ops.username,
    OPS_PASSWORD: ops.password,
    SIGNING_KEYS: JSON.stringify(secrets.signingKeys),
    SECRETS_KEY: secrets.secretsKey,
  };
}
