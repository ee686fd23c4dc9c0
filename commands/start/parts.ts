import type { SystemSecrets } from '../../shared/access/system-secrets.ts';
import type { Env } from '../../shared/runtime/env.ts';
import type { OpsCredentials } from './ops-credentials.ts';

/** A process of Lastunit. `name` is also the name of its log file. */
export type Part = {
  role: 'api' | 'worker';
  name: string;
  /** Path of its main file, from the project's root. */
  script: string;
  env: Record<string, string>;
  dataDir: string;
};

/**
 * Settings for the processes: the servers' URLs, the secrets, and the operator's login for processes
 * that serve HTTP.
 */
export type PartSettings = {
  mongodbUrl: string;
  redisUrl: string;
  ops: OpsCredentials;
  secrets: SystemSecrets;
};

/** Returns the API and the workers in start order. */
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

/** Returns a worker's metrics port. Workers use consecutive ports. */
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
