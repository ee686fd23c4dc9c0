import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { EnvError, projectRoot, readEnv } from '../runtime/env.ts';
import { readTracing } from './open-telemetry.ts';

const ENDPOINT = 'http://collector.example:4318';
const read = (env: Record<string, string>) => readTracing(readEnv(env));

test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ OTEL_TRACES_SAMPLER_ARG: '0.5' }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: 'true' }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }, 1],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_TRACES_SAMPLER_ARG: '0.01' }, 0.01],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, 0],
  [
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT,
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_TRACES_SAMPLER_ARG: '0.01',
    },
    1,
  ],
])('with %j the sampled share is %s; undefined is no tracing', (env, ratio) => {
  expect(read(env)).toEqual(ratio === undefined ? undefined : { endpoint: ENDPOINT, ratio });
});

test.each([
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
  { OTEL_TRACES_SAMPLER: 'always_on' },
  { OTEL_TRACES_SAMPLER_ARG: '1.5' },
  { OTEL_TRACES_SAMPLER_ARG: '-1' },
  { OTEL_EXPORTER_OTLP_HEADERS: 'secret-token' },
])('%j is refused', (env) => {
  expect(() => read(env)).toThrow(EnvError);
  expect(() => read(env)).not.toThrow(/secret-token/);
});

/**
 * Loads the modules of both processes, opens their telemetry, and prints which packages of the SDK
 * were loaded.
 */
const SCRIPT = `
  import { registerHooks } from 'node:module';
  const loaded = new Set();
  registerHooks({
    load(url, context, next) {
      const name = /@opentelemetry\\/[\\w-]+/.exec(url)?.[0];
      // prom-client loads the API package.
      if (name !== undefined && name !== '@opentelemetry/api') loaded.add(name);
      return next(url, context);
    },
  });
  await import('./api/context.ts');
  await import('./worker/context.ts');
  const { openTelemetry } = await import('./shared/tracing/open-telemetry.ts');
  await openTelemetry('api', { logLevel: 'silent' });
  const without = loaded.size;
  await openTelemetry('api', { logLevel: 'silent', tracing: { endpoint: '${ENDPOINT}', ratio: 0 } });
  console.log(JSON.stringify({ without, hasSdk: loaded.has('@opentelemetry/sdk-trace') }));
  process.exit(0);
`;

test('the SDK is loaded only if traces are configured', () => {
  const args = ['--input-type=module', '-e', SCRIPT];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  expect([stderr, JSON.parse(stdout)]).toEqual(['', { without: 0, hasSdk: true }]);
});
