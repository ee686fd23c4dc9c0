import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openOtlpTracing, SPANS_WAITING_MAX } from './otlp-tracing.ts';
import { LINKS_MAX, startShared, type Tracing } from './tracing.ts';

const CLOSED_WITHIN_MS = 4_000;

interface Exported {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly object[] }[];
  }[];
}

/** Starts a collector that keeps the spans it gets. With `isHanging` it never answers. */
async function startCollector({ isHanging }: { readonly isHanging: boolean }) {
  const collected = { spans: [] as object[] };
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as Exported;
    for (const { scopeSpans } of resourceSpans) {
      for (const { spans } of scopeSpans) collected.spans.push(...spans);
    }
    if (!isHanging) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { collected, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function open(endpoint: string, ratio = 1, onProblem = (_reason: string) => undefined): Tracing {
  return openOtlpTracing({ endpoint, ratio, serviceName: 'test', onProblem });
}

/** Nothing listens there; spans are dropped. */
const NOWHERE = 'http://127.0.0.1:9';

test('spans beyond the bound are dropped while the collector hangs, and closing is bounded', async () => {
  const { collected, endpoint } = await startCollector({ isHanging: true });
  const problems: string[] = [];
  const tracing = open(endpoint, 1, (reason) => void problems.push(reason));
  const excess = 3;
  for (let span = 0; span < excess * SPANS_WAITING_MAX; span += 1) tracing.start('step').end();
  const startedAt = performance.now();
  await tracing.close();
  expect(performance.now() - startedAt).toBeLessThan(CLOSED_WITHIN_MS);
  expect(collected.spans.length).toBeGreaterThan(0);
  expect(collected.spans.length).toBeLessThanOrEqual(SPANS_WAITING_MAX + 512);
  expect(problems.join()).toContain('exporting spans did not end');
});

test('a collector that is absent is reported, and closing is bounded', async () => {
  const problems: string[] = [];
  const tracing = open(NOWHERE, 1, (reason) => void problems.push(reason));
  tracing.start('step').end();
  const startedAt = performance.now();
  await tracing.close();
  expect(performance.now() - startedAt).toBeLessThan(CLOSED_WITHIN_MS);
  expect(problems.join()).not.toBe('');
});

test('closing exports the waiting spans with their parents, kinds and failures', async () => {
  const { collected, endpoint } = await startCollector({ isHanging: false });
  const tracing = open(`${endpoint}/`);
  const span = tracing.start('request', { kind: 'server', attributes: { one: 1 } });
  tracing.start('step', { parent: span.traceparent }).end();
  span.fail('status 500');
  span.end();
  await tracing.close();
  expect(collected.spans).toMatchObject([
    { name: 'step', parentSpanId: span.spanId },
    { name: 'request', kind: 2, status: { code: 2, message: 'status 500' } },
  ]);
});

test('the caller decides whether its trace is sampled; without a caller’s trace, the ratio decides', () => {
  const hex = (length: number) =>
    fc
      .uint8Array({ minLength: length, maxLength: length, min: 1 })
      .map((bytes) => Buffer.from(bytes).toString('hex'));
  const always = open(NOWHERE, 1);
  const never = open(NOWHERE, 0);
  fc.assert(
    fc.property(hex(16), hex(8), fc.boolean(), (traceId, spanId, isSampled) => {
      const parent = `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
      for (const tracing of [always, never]) {
        const span = tracing.start('step', { parent });
        expect(span).toMatchObject({ traceId, isSampled });
        expect(span.traceparent).toBe(`00-${traceId}-${span.spanId}-${isSampled ? '01' : '00'}`);
      }
    }),
  );
  expect(always.start('step').isSampled).toBe(true);
  expect(never.start('step').isSampled).toBe(false);
});

test('an invalid traceparent begins a new trace', () => {
  const tracing = open(NOWHERE);
  fc.assert(
    fc.property(fc.string(), (parent) => {
      const { traceId, isSampled } = tracing.start('step', { parent });
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(traceId).not.toMatch(/^0+$/);
      expect(isSampled).toBe(true);
    }),
  );
});

test('a span is active within its work until it ends', async () => {
  const tracing = open(NOWHERE);
  const span = tracing.start('request');
  await tracing.run(span, async () => {
    await Promise.resolve();
    expect(tracing.active()?.spanId).toBe(span.spanId);
    expect(tracing.run(undefined, () => tracing.active())).toBeUndefined();
    span.end();
    expect(tracing.active()).toBeUndefined();
  });
  expect(tracing.active()).toBeUndefined();
});

test('a shared span is in the first trace and keeps a bounded number of links; without traces, there is no shared span', async () => {
  const { collected, endpoint } = await startCollector({ isHanging: false });
  const tracing = open(endpoint);
  const callers = Array.from({ length: LINKS_MAX + 10 }, () => tracing.start('request'));
  const contexts = callers.map(({ traceparent }) => traceparent);
  expect(startShared(tracing, 'batch', [], {})).toBeUndefined();
  startShared(tracing, 'batch', contexts, {})?.end();
  await tracing.close();
  const [batch] = collected.spans as { parentSpanId: string; links: object[]; traceId: string }[];
  expect(batch).toMatchObject({ traceId: callers[0]?.traceId, parentSpanId: callers[0]?.spanId });
  expect(batch?.links).toHaveLength(LINKS_MAX);
});
