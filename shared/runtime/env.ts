import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { PARTITIONS_MAX } from '../contract/partitions.ts';
import { parseAddressRange } from './ip-address.ts';

/** The project's root folder, independent of the working directory. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** A setting is invalid or missing. The message contains its name and the accepted form. */
export class EnvError extends Error {
  override readonly name = 'EnvError';
}

/** Error messages never contain the values of these settings: a URL may have a password. */
const SECRET = /PASSWORD|URL|KEYS?$|OTLP/;

/**
 * The maximum number of worker processes. With `npm start`, the first worker serves its metrics at
 * METRICS_PORT, and each further worker at the next port.
 */
const WORKERS_MAX = 64;

const wholeNumber = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .pipe(z.number().min(min, { error }).max(max, { error }));
};

const text = (pattern: RegExp, error: string) => z.string().regex(pattern, { error });
const choice = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words, { error: `one of ${words.join(', ')}` });
const NEW_SECRETS = 'what `npm run admin -- new-secrets` prints';
/** Accepted forms of settings that some processes require. */
const REQUIRED_FORMS = {
  MONGODB_URL: 'a URL like mongodb://host:27017/lastunit',
  REDIS_URL: 'a URL like redis://host:6379 or redis+cluster://host:6379,host:6379',
  OPS_USERNAME: 'a name without a colon',
  OPS_PASSWORD: 'at least 8 characters',
  SIGNING_KEYS: NEW_SECRETS,
  SECRETS_KEY: NEW_SECRETS,
} as const;
const mongodbUrl = text(/^mongodb(\+srv)?:\/\/.+/, REQUIRED_FORMS.MONGODB_URL);
const redisUrl = text(/^rediss?(\+cluster)?:\/\/.+/, REQUIRED_FORMS.REDIS_URL);

const variables = z.object({
  HOST: text(/^[\w.:-]+$/, 'an address or host name like 127.0.0.1').default('127.0.0.1'),
  PORT: wholeNumber(1, 65_535).default(3000),
  METRICS_HOST: text(/^[\w.:-]+$/, 'an address or host name like 127.0.0.1').default('127.0.0.1'),
  METRICS_PORT: wholeNumber(1, 65_535 - WORKERS_MAX).optional(),
  DATA_DIR: z.string().default('.data').transform(absolute),
  CACHE_DIR: z.string().default('.cache').transform(absolute),
  WORKERS: wholeNumber(1, WORKERS_MAX).default(1),
  PARTITIONS: wholeNumber(1, PARTITIONS_MAX).default(1),
  MONGODB_URL: mongodbUrl.optional(),
  REDIS_URL: redisUrl.optional(),
  TEST_MONGODB_URL: mongodbUrl.optional(),
  TEST_REDIS_URL: redisUrl.optional(),
  TEST_TOPOLOGY: choice(['single', 'cluster']).default('single'),
  TEST_BUNDLES: choice(['on', 'off']).optional(),
  TEST_DATA_DIR: z.string().default('../shared/data').transform(absolute),
  PROMISES: choice(['short', 'full']).default('short'),
  TEST_SEED: wholeNumber(0, 999_999_999).optional(),
  BATCH_MAX: wholeNumber(1, 1024).default(256),
  RESERVATION_TTL_S: wholeNumber(1, 604_800).default(900),
  RESERVATION_MAX_S: wholeNumber(1, 604_800).default(3_600),
  EARLY_REJECTION: choice(['on', 'off'])
    .default('on')
    .transform((value) => value === 'on'),
  OPS_USERNAME: text(/^[^:]+$/, REQUIRED_FORMS.OPS_USERNAME).optional(),
  OPS_PASSWORD: text(/^.{8,}$/, REQUIRED_FORMS.OPS_PASSWORD).optional(),
  WEBHOOK_ALLOWED_RANGES: z
    .string()
    .optional()
    .transform((ranges) => ranges?.split(',').map((range) => parseAddressRange(range.trim())) ?? [])
    .refine((ranges) => !ranges.includes(undefined), {
      error: 'ranges like 10.0.0.0/8, separated by commas',
    })
    .transform((ranges) => ranges.filter((range) => range !== undefined)),
  WEBHOOK_ALLOW_HTTP: choice(['true', 'false']).optional(),
  OPS_BOARD_WRITABLE: choice(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true'),
  SIGNING_KEYS: text(/^\[.+\]$/s, NEW_SECRETS).optional(),
  SECRETS_KEY: text(/^[\w-]{43}$/, NEW_SECRETS).optional(),
  PUBLIC_URL: text(
    /^https?:\/\/[^/?#\s]+(\/[\w.~-]+)*\/?$/,
    'a URL like https://api.example or https://shop.example/api',
  )
    .optional()
    .transform((url) => url?.replace(/\/$/, '')),
  CORS_ORIGINS: text(
    /^(https?:\/\/[^/,\s]+)(,https?:\/\/[^/,\s]+)*$/,
    'origins like https://shop.example, separated by commas',
  )
    .optional()
    .transform((origins) => origins?.split(',') ?? []),
  KEEP_ALIVE_S: wholeNumber(1, 3_600).default(65),
  DRAIN_DELAY_S: wholeNumber(0, 300).default(0),
  DRAIN_TIMEOUT_S: wholeNumber(1, 600).default(25),
  TRUSTED_PROXIES: wholeNumber(0, 10).default(0),
  KEY_REQUESTS_PER_MINUTE: wholeNumber(1, 100_000_000).default(1_000_000),
  ADDRESS_REQUESTS_PER_MINUTE: wholeNumber(1, 100_000_000).default(1_000_000),
  BUYER_SHARE_PERCENT: wholeNumber(1, 100).default(10),
  BUYERS_SHARE_PERCENT: wholeNumber(1, 100).default(80),
  CHECKOUTS_WAITING_MAX: wholeNumber(1, 10_000_000).default(100_000),
  CHECKOUTS_WAIT_S_MAX: wholeNumber(1, 86_400).default(60),
  REQUESTS_IN_PROGRESS_MAX: wholeNumber(1, 1_000_000).default(2_000),
  CONNECTIONS_MAX: wholeNumber(1, 1_000_000).default(30_000),
  WAITS_PER_BUYER: wholeNumber(1, 1_000_000).default(20),
  WAITS_PER_SHOP: wholeNumber(1, 1_000_000).default(10_000),
  WAITS_IN_ALL: wholeNumber(1, 1_000_000).default(20_000),
  GUESSES_PER_ACCOUNT: wholeNumber(1, 1_000_000).default(10),
  GUESSES_PER_ADDRESS: wholeNumber(1, 1_000_000).default(100),
  SIGNUPS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(100),
  SIGNUPS_IN_ALL: wholeNumber(1, 10_000_000).default(2_000),
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: text(
    /^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/,
    'a URL like http://collector.example:4318',
  ).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: text(
    /^[\w.~-]+\s*=[^,]*(,\s*[\w.~-]+\s*=[^,]*)*$/,
    'headers like api-key=…, separated by commas',
  ).optional(),
  OTEL_TRACES_SAMPLER: choice([
    'parentbased_traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
  ]).default('parentbased_traceidratio'),
  OTEL_TRACES_SAMPLER_ARG: text(/^(0|1|[01]?\.\d{1,9})$/, 'a ratio from 0 to 1')
    .transform(Number)
    .pipe(z.number().max(1, { error: 'a ratio from 0 to 1' }))
    .default(1),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
  OTEL_SDK_DISABLED: choice(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true'),
  NODE_ENV: choice(['development', 'test', 'production']).default('development'),
  KEY_PREFIX: text(
    /^[a-z][a-z0-9-]{0,40}$/,
    'at most 41 lower-case letters, digits and dashes, and begin with a letter',
  ).default('lastunit'),
});

/** Names of all settings. */
export const SETTINGS: readonly string[] = Object.keys(variables.shape);

/** All settings, validated. Folders are absolute; names of times end in their unit. */
export type Env = ReturnType<typeof readEnv>;

/**
 * Reads and validates the environment.
 * @throws EnvError that names every invalid variable
 */
export function readEnv(source: Record<string, string | undefined> = process.env) {
  const nonEmpty = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
  const parsed = variables.safeParse(nonEmpty);
  if (!parsed.success) throw new EnvError(describe(parsed.error.issues, source));
  const { WEBHOOK_ALLOWED_RANGES, WEBHOOK_ALLOW_HTTP, ...settings } = parsed.data;
  const isHttpAllowed = WEBHOOK_ALLOW_HTTP ?? String(settings.NODE_ENV !== 'production');
  return {
    ...toCamelCase(settings),
    webhookTargets: {
      allowedRanges: WEBHOOK_ALLOWED_RANGES,
      isHttpAllowed: isHttpAllowed === 'true',
    },
  };
}

/** Renames all members from `BATCH_MAX` to `batchMax`. */
function toCamelCase<T extends object>(settings: T): CamelCased<T> {
  const entries = Object.entries(settings).map(([name, value]) => [
    name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(entries);
}

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Name>;

type CamelCased<T> = { [Name in keyof Required<T> & string as CamelCase<Name>]: T[Name] };

/**
 * Returns a setting that this process requires.
 * @throws EnvError with its name and accepted form if it is not set
 */
export function requireSetting<T>(name: keyof typeof REQUIRED_FORMS, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new EnvError(
    `${name} is not set. Set it to ${REQUIRED_FORMS[name]}, or use \`npm start\`, which sets it.`,
  );
}

/** Returns the environment for a child process: this process's environment with `overrides`. */
export function childEnv(overrides: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...overrides };
}

/** Sets variables of this process, which the processes that it starts inherit. */
export function setEnv(variables: Record<string, string>): void {
  Object.assign(process.env, variables);
}

/** Returns the folders of the PATH, in order. */
export function executableFolders(): string[] {
  return (process.env['PATH'] ?? '')
    .split(process.platform === 'win32' ? ';' : ':')
    .filter(Boolean);
}

function absolute(folder: string): string {
  return resolve(projectRoot, folder);
}

function describe(
  issues: readonly { path: PropertyKey[]; message: string }[],
  source: Record<string, string | undefined>,
): string {
  const lines = issues.map(({ path, message }) => {
    const name = String(path[0]);
    const value = SECRET.test(name) ? '' : `, not ${JSON.stringify(source[name])}`;
    return `  ${name} must be ${message}${value}`;
  });
  return ['These settings are invalid:', ...lines].join('\n');
}
