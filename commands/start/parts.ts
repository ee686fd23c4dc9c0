import type { SystemSecrets } from '../../shared/access/system-secrets.ts';
import type { Env } from '../../shared/runtime/env.ts';
import { API_NODE_ARGS } from '../../shared/services/processes/api-node-args.ts';
import type { OpsCredentials } from './ops-credentials.ts';

/** A process of Lastunit. `name` is also the name of its log file. */
export type Part = {
  role: 'api' | 'worker';
  name: string;
  /** The path of the main file, relative to the project's root. */
  script: string;
  env: Record<string, string>;
  dataDir: string;
  /** Options of Node itself. */
  nodeArgs?: readonly string[];
};

/**
 * Settings for the processes: the servers' URLs, the secrets, and the operator's login for
 * processes that serve HTTP.
 */
export type PartSettings = {
  mongodbUrl: string;
  redisUrl: string;
  ops: OpsCredentials;
  secrets: SystemSecrets;
};

/** Returns the API and the workers in start order. Workers use consecutive metrics ports. */
export function listParts(env: Env, settings?: PartSettings): Part[] {
  const { dataDir, workers, metricsPort } = env;
  const script = 'worker/main.ts';
  const parts: Part[] = [
    { role: 'api', name: 'api', script: 'api/main.ts', dataDir, env: {}, nodeArgs: API_NODE_ARGS },
    ...Array.from({ length: workers }, (_, index) => {
      return { role: 'worker' as const, name: `worker-${index + 1}`, script, dataDir, env: {} };
    }),
  ];
  if (settings === undefined) return parts;
  const { mongodbUrl, redisUrl, ops, secrets } = settings;
  const common = {
    MONGODB_URL: mongodbUrl,
    REDIS_URL: redisUrl,
    DATA_DIR: dataDir,
    SECRETS_KEY: secrets.secretsKey,
  };
  const operator = { OPS_USERNAME: ops.username, OPS_PASSWORD: ops.password };
  const signing = { SIGNING_KEYS: JSON.stringify(secrets.signingKeys) };
  return parts.map((part, index) => {
    if (part.role === 'api') return { ...part, env: { ...common, ...operator, ...signing } };
    if (metricsPort === undefined) return { ...part, env: common };
    const metrics = { METRICS_PORT: String(metricsPort + index - 1) };
    return { ...part, env: { ...common, ...operator, ...metrics } };
  });
}
