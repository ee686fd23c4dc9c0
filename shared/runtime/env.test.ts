import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { childEnv, EnvError, projectRoot, readEnv } from './env.ts';

test('settings that are not set have their defaults, and folders are absolute', () => {
  expect(readEnv({})).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    workers: 1,
    batchMax: 256,
    reservationTtlS: 900,
    dataDir: `${projectRoot}.data`,
    cacheDir: `${projectRoot}.cache`,
    testDataDir: resolve(projectRoot, '../shared/data'),
  });
});

test('an empty setting counts as unset', () => {
  const env = readEnv({ PORT: '', REDIS_URL: '' });
  expect([env.port, env.redisUrl]).toEqual([3000, undefined]);
});

test.each([
  ['PORT', 'abc', 'a whole number from 1 to 65535'],
  ['PORT', '70000', 'a whole number from 1 to 65535'],
  ['BATCH_MAX', '0', 'a whole number from 1 to 1024'],
  ['BATCH_MAX', '1.5', 'a whole number from 1 to 1024'],
  ['LOG_LEVEL', 'loud', 'one of trace, debug'],
  ['WEBHOOK_ALLOWED_RANGES', '10.0.0.0/8,fd00', 'ranges like 10.0.0.0/8'],
  ['WEBHOOK_ALLOWED_RANGES', '10.0.0.0', 'ranges like 10.0.0.0/8'],
  ['WEBHOOK_ALLOW_HTTP', 'maybe', 'one of true, false'],
])(
  '%s=%s is refused, and the error contains the name, the accepted form and the value',
  (name, value, form) => {
    const read = () => readEnv({ [name]: value });
    expect(read).toThrow(EnvError);
    expect(read).toThrow(`${name} must be ${form}`);
    expect(read).toThrow(value);
  },
);

test('webhooks in production need https and a public address unless settings allow others', () => {
  const readTargets = (env: Record<string, string>) => readEnv(env).webhookTargets;
  const production = { NODE_ENV: 'production' };
  expect(readTargets(production)).toEqual({ allowedRanges: [], isHttpAllowed: false });
  expect(readTargets({})).toEqual({ allowedRanges: [], isHttpAllowed: true });
  const allowed = {
    ...production,
    WEBHOOK_ALLOW_HTTP: 'true',
    WEBHOOK_ALLOWED_RANGES: '10.0.0.0/8, fd00::/8',
  };
  const { allowedRanges, isHttpAllowed } = readTargets(allowed);
  expect(isHttpAllowed).toBe(true);
  expect(allowedRanges.map(([range, bits]) => `${range}/${bits}`)).toEqual([
    '10.0.0.0/8',
    'fd00::/8',
  ]);
});

test('one error lists all invalid settings without secrets', () => {
  const wrong = { PORT: 'x', MONGODB_URL: 'http://me:hunter22@host', OPS_PASSWORD: 'short' };
  expect(() => readEnv(wrong)).toThrow(
    /PORT must be .*\n.*MONGODB_URL must be .*\n.*OPS_PASSWORD must be /,
  );
  expect(() => readEnv(wrong)).not.toThrow(/hunter22|short"/);
});

test('a child process gets this process’s environment and the overrides', () => {
  const env = childEnv({ EXTRA: 'yes' });
  expect(env['EXTRA']).toBe('yes');
  expect(env['PATH']).toBeDefined();
});
