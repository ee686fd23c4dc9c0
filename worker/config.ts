import { type Env, readEnv, requireSetting } from '../shared/runtime/env.ts';
import { readTracing, type TracingConfig } from '../shared/tracing/open-telemetry.ts';
import type { TargetRules } from '../shared/webhooks/target-url.ts';
import type { MetricsConfig } from './metrics/serve-metrics.ts';

/** The settings of a worker, read once at start. */
export interface WorkerConfig {
  readonly mongodbUrl: string;
  readonly redisUrl: string;
  readonly databaseName?: string;
  readonly keyPrefix: string;
  readonly logLevel: string;
  /** Where traces are sent; absent if tracing is off. */
  readonly tracing?: TracingConfig | undefined;
  /** The maximum number of checkouts that one transaction settles. */
  readonly batchMax: number;
  /** The number of queues that checkouts are split into by product; 1 by default. */
  readonly partitions?: number;
  readonly reservationTtlMs: number;
  /** The key from which the secrets of webhooks are derived; without it no webhooks are sent. */
  readonly secretsKey?: string | undefined;
  /** Where webhooks may be sent; by default only to public addresses, over https. */
  readonly webhookTargets?: TargetRules;
  /** Where the worker serves its metrics; absent if it serves none. */
  readonly metrics?: MetricsConfig | undefined;
}

/** @throws EnvError naming the variable that is missing or wrong */
export function readConfig(): WorkerConfig {
  const env = readEnv();
  return {
    mongodbUrl: requireSetting('MONGODB_URL', env.mongodbUrl),
    redisUrl: requireSetting('REDIS_URL', env.redisUrl),
    keyPrefix: env.keyPrefix,
    logLevel: env.logLevel,
    tracing: readTracing(env),
    batchMax: env.batchMax,
    partitions: env.partitions,
    reservationTtlMs: env.reservationTtlS * 1_000,
    secretsKey:
      env.nodeEnv === 'production' ? requireSetting('SECRETS_KEY', env.secretsKey) : env.secretsKey,
    webhookTargets: env.webhookTargets,
    metrics: readMetrics(env),
  };
}

function readMetrics(env: Env): MetricsConfig | undefined {
  if (env.metricsPort === undefined) return undefined;
  return {
    host: env.metricsHost,
    port: env.metricsPort,
    login: {
      username: requireSetting('OPS_USERNAME', env.opsUsername),
      password: requireSetting('OPS_PASSWORD', env.opsPassword),
    },
    guessesMax: env.guessesPerAddress,
  };
}
