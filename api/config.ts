import {
  newSystemSecrets,
  parseSigningKeys,
  type SystemSecrets,
} from '../shared/access/system-secrets.ts';
import { type Env, EnvError, readEnv, requireSetting } from '../shared/runtime/env.ts';
import type { TargetRules } from '../shared/webhooks/target-url.ts';
import type { WaitLimits } from './limits/wait-slots.ts';

/** Everything the API needs to know from outside, resolved once at start. */
export interface ApiConfig {
  readonly host: string;
  readonly port: number;
  readonly mongodbUrl: string;
  readonly redisUrl: string;
  readonly databaseName?: string;
  readonly keyPrefix: string;
  readonly logLevel: string;
  readonly reservationTtlMs: number;
  readonly secrets: SystemSecrets;
  /** Where callers reach the API, if that is not what their Host header says. */
  readonly publicUrl?: string | undefined;
  /** Origins whose pages may call the API from a browser. */
  readonly corsOrigins: readonly string[];
  /** How long a connection is kept that nobody uses. */
  readonly keepAliveMs: number;
  /** How long `/readyz` says `draining` before the API stops listening. */
  readonly drainDelayMs: number;
  /** After that, how long requests under way may take. */
  readonly drainTimeoutMs: number;
  /** Proxies of our own in front of the API. */
  readonly trustedProxies: number;
  /** Requests a minute of one key, unless it has a quota of its own, and of one address. */
  readonly quotas: { readonly key: number; readonly address: number };
  /** What one buyer, and all buyers of a key together, may use of the key's quota, in percent. */
  readonly buyers: { readonly sharePercent: number; readonly allSharePercent: number };
  /** Event streams that may be open at a time in this process, and as many waits. */
  readonly waits: WaitLimits;
  /** Wrong guesses at one account, and from one address, in a quarter of an hour. */
  readonly guesses: { readonly perAccount: number; readonly perAddress: number };
  /** Shops opened in an hour, from one address and in all. */
  readonly signups: { readonly perAddress: number; readonly inAll: number };
  /** What webhooks may be sent to; public addresses by https unless told. */
  readonly webhookTargets?: TargetRules;
  readonly ops: {
    readonly username: string;
    readonly password: string;
    /** Whether operators may change things under /ops; looking is all they may do otherwise. */
    readonly isWritable?: boolean;
  };
}

/** @throws EnvError naming the variable that is missing or wrong */
export function readConfig(): ApiConfig {
  const env = readEnv();
  return {
    host: env.host,
    port: env.port,
    mongodbUrl: requireSetting('MONGODB_URL', env.mongodbUrl),
    redisUrl: requireSetting('REDIS_URL', env.redisUrl),
    keyPrefix: env.keyPrefix,
    logLevel: env.logLevel,
    reservationTtlMs: env.reservationTtlS * 1_000,
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
    waits: { perBuyer: env.waitsPerBuyer, perShop: env.waitsPerShop, inAll: env.waitsInAll },
    guesses: { perAccount: env.guessesPerAccount, perAddress: env.guessesPerAddress },
    signups: { perAddress: env.signupsPerAddress, inAll: env.signupsInAll },
    webhookTargets: env.webhookTargets,
    ops: {
      username: requireSetting('OPS_USERNAME', env.opsUsername),
      password: requireSetting('OPS_PASSWORD', env.opsPassword),
      isWritable: env.opsBoardWritable,
    },
  };
}

/** Outside production, secrets that nobody gave are made up: tokens then end with the process. */
function readSecrets(env: Env): SystemSecrets {
  const { signingKeys } = env;
  const given = signingKeys === undefined ? undefined : parseSigningKeys(signingKeys);
  if (signingKeys !== undefined && given === undefined) {
    throw new EnvError('SIGNING_KEYS must be a list of private Ed25519 JWKs');
  }
  if (env.nodeEnv === 'production') {
    return {
      signingKeys: requireSetting('SIGNING_KEYS', given),
      secretsKey: requireSetting('SECRETS_KEY', env.secretsKey),
    };
  }
  const made = newSystemSecrets();
  return {
    signingKeys: given ?? made.signingKeys,
    secretsKey: env.secretsKey ?? made.secretsKey,
  };
}
