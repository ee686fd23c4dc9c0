import { randomUUID } from 'node:crypto';
import {
  newSystemSecrets,
  parseSigningKeys,
  type SystemSecrets,
} from '../shared/access/system-secrets.ts';
import { type Env, EnvError, readEnv, requireSetting } from '../shared/runtime/env.ts';
import { readTracing, type TracingConfig } from '../shared/tracing/open-telemetry.ts';
import type { TargetRules } from '../shared/webhooks/target-url.ts';
import type { WaitLimits } from './limits/wait-slots.ts';
import { DEMO_SALE, type DemoSalePlan } from './ops/demo/demo-sale.ts';

/** The configuration of the API, read once at start. */
export interface ApiConfig {
  /** `NODE_ENV`: development, test or production. */
  readonly environment: string;
  readonly host: string;
  readonly port: number;
  readonly mongodbUrl: string;
  readonly redisUrl: string;
  readonly databaseName?: string;
  readonly keyPrefix: string;
  readonly logLevel: string;
  /** Where traces are sent; absent if tracing is off. */
  readonly tracing?: TracingConfig | undefined;
  /** The number of queues that checkouts are split into by product; 1 by default. */
  readonly partitions?: number;
  readonly reservationTtlMs: number;
  /** Whether a checkout may set how long its reservation lasts, so that tests see it lapse. */
  readonly mayChooseReservation?: boolean;
  /** How long an order can hold its units with extensions, counted from its placement. */
  readonly reservationMaxMs: number;
  /** Whether checkouts of products that are known to be sold out are rejected at once. */
  readonly isEarlyRejectionOn: boolean;
  readonly secrets: SystemSecrets;
  /** The URL of the API for callers, if it is not the one in their Host header. */
  readonly publicUrl?: string | undefined;
  /** Origins whose pages may call the API from a browser. */
  readonly corsOrigins: readonly string[];
  /** How long an idle HTTP connection is kept open. */
  readonly keepAliveMs: number;
  /** How long `/readyz` reports `draining` before the API stops listening. */
  readonly drainDelayMs: number;
  /** How long requests in progress may take after the API has stopped listening. */
  readonly drainTimeoutMs: number;
  /** The number of trusted proxies in front of the API. */
  readonly trustedProxies: number;
  /** Requests per minute of a key without its own quota, and of an address. */
  readonly quotas: { readonly key: number; readonly address: number };
  /**
   * How much of a key's quota one buyer, and all buyers of the key together, may use, in percent.
   */
  readonly buyers: { readonly sharePercent: number; readonly allSharePercent: number };
  /** Limits of the load. Requests that exceed them are refused. */
  readonly load: {
    /**
     * The total of checkouts that may wait to be settled, and how long they may wait while workers
     * settle.
     */
    readonly checkoutsWaitingMax: number;
    readonly checkoutsWaitMsMax: number;
    /**
     * The checkouts in one batch of a worker. That many of the oldest checkouts may fail and be
     * retried again and again, so the age of the backlog is measured without them.
     */
    readonly batchMax: number;
    /** Requests in progress and connections of this process. */
    readonly requestsMax: number;
    readonly connectionsMax: number;
  };
  /**
   * How many event streams, and how many requests that wait for an outcome, this process may have.
   */
  readonly waits: WaitLimits;
  /** Allowed wrong guesses within 15 minutes, for an account and from an address. */
  readonly guesses: { readonly perAccount: number; readonly perAddress: number };
  /** Allowed new shops within an hour, from one address and in total. */
  readonly signups: { readonly perAddress: number; readonly inAll: number };
  /** The allowed targets of webhooks; by default public addresses by https. */
  readonly webhookTargets?: TargetRules;
  /** The size of demo sales; undefined in production, where there are none. */
  readonly demoSale?: DemoSalePlan | undefined;
  readonly ops: {
    readonly username: string;
    readonly password: string;
    /** Whether operators may make changes under /ops; otherwise it is read-only. */
    readonly isWritable?: boolean;
  };
}

/**
 * Reads the configuration from the environment.
 * @throws EnvError with the variable that is missing or invalid
 */
export function readConfig(): ApiConfig {
  const env = readEnv();
  return {
    environment: env.nodeEnv,
    host: env.host,
    port: env.port,
    mongodbUrl: requireSetting('MONGODB_URL', env.mongodbUrl),
    redisUrl: requireSetting('REDIS_URL', env.redisUrl),
    keyPrefix: env.keyPrefix,
    logLevel: env.logLevel,
    tracing: readTracing(env),
    partitions: env.partitions,
    reservationTtlMs: env.reservationTtlS * 1_000,
    mayChooseReservation: env.nodeEnv !== 'production',
    reservationMaxMs: env.reservationMaxS * 1_000,
    isEarlyRejectionOn: env.earlyRejection,
    secrets: readSecrets(env),
    publicUrl: env.publicUrl,
    corsOrigins: env.corsOrigins,
    keepAliveMs: env.keepAliveS * 1_000,
    drainDelayMs: env.drainDelayS * 1_000,
    drainTimeoutMs: env.drainTimeoutS * 1_000,
    trustedProxies: env.trustedProxies,
    quotas: { key: env.keyRequestsPerMinute, address: env.addressRequestsPerMinute },
    buyers: {
      sharePercent: env.buyerSharePercent,
      allSharePercent: env.buyersSharePercent,
    },
    load: {
      checkoutsWaitingMax: env.checkoutsWaitingMax,
      checkoutsWaitMsMax: env.checkoutsWaitSMax * 1_000,
      batchMax: env.batchMax,
      requestsMax: env.requestsInProgressMax,
      connectionsMax: env.connectionsMax,
    },
    waits: { perBuyer: env.waitsPerBuyer, perShop: env.waitsPerShop, inAll: env.waitsInAll },
    guesses: { perAccount: env.guessesPerAccount, perAddress: env.guessesPerAddress },
    signups: { perAddress: env.signupsPerAddress, inAll: env.signupsInAll },
    webhookTargets: env.webhookTargets,
    ...(env.nodeEnv !== 'production' && { demoSale: DEMO_SALE }),
    ops: { ...readOperator(env), isWritable: env.opsBoardWritable },
  };
}

/**
 * Outside production the operator's login may be missing. A random login then replaces it, so only
 * operators that are stored in the database can log in.
 */
function readOperator(env: Env): Pick<ApiConfig['ops'], 'username' | 'password'> {
  const { nodeEnv, opsUsername, opsPassword } = env;
  if (nodeEnv !== 'production' && opsUsername === undefined && opsPassword === undefined) {
    return { username: randomUUID(), password: randomUUID() };
  }
  return {
    username: requireSetting('OPS_USERNAME', opsUsername),
    password: requireSetting('OPS_PASSWORD', opsPassword),
  };
}

/**
 * Outside production, missing secrets are generated; tokens then become invalid when the process
 * ends.
 */
function readSecrets(env: Env): SystemSecrets {
  const { signingKeys } = env;
  const parsedKeys = signingKeys === undefined ? undefined : parseSigningKeys(signingKeys);
  if (signingKeys !== undefined && parsedKeys === undefined) {
    throw new EnvError('SIGNING_KEYS must be a list of private Ed25519 JWKs');
  }
  if (env.nodeEnv === 'production') {
    return {
      signingKeys: requireSetting('SIGNING_KEYS', parsedKeys),
      secretsKey: requireSetting('SECRETS_KEY', env.secretsKey),
    };
  }
  const generated = newSystemSecrets();
  return {
    signingKeys: parsedKeys ?? generated.signingKeys,
    secretsKey: env.secretsKey ?? generated.secretsKey,
  };
}
