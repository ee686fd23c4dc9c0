import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

/** The part of OTLP in JSON that the tests examine. */
const otlp = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(z.looseObject({ key: z.string() })) }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.looseObject({
              name: z.string(),
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z.string().optional(),
              kind: z.int(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              links: z
                .array(z.looseObject({ traceId: z.string(), spanId: z.string() }))
                .default([]),
              attributes: z
                .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
                .default([]),
              status: z.looseObject({ code: z.int().optional() }).default({}),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** The kinds of spans by their numbers in OTLP. */
export const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

/** A received span. */
export interface SeenSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly kind: number;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: ReadonlyMap<string, unknown>;
  readonly startedAt: bigint;
  readonly endedAt: bigint;
  readonly isFailed: boolean;
}

/** An endpoint that accepts OTLP in JSON over HTTP, as a collector does. */
export interface SpanReceiver {
  readonly url: string;
  readonly spans: SeenSpan[];
  /** Whether requests are left without an answer. */
  isHanging: boolean;
  /** Requests that have arrived. */
  requests: number;
  close(): Promise<void>;
}

const ERROR_STATUS = 2;

/** Starts a receiver on loopback. The caller closes it. */
export async function startSpanReceiver(): Promise<SpanReceiver> {
  const server = createServer((request, response) => {
    receiver.requests += 1;
    if (receiver.isHanging) return;
    json(request)
      .then((body) => {
        receiver.spans.push(...readSpans(body));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      })
      .catch((error: Error) => response.writeHead(400).end(error.message));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const receiver: SpanReceiver = {
    url: `http://127.0.0.1:${port}`,
    spans: [],
    isHanging: false,
    requests: 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

function readSpans(body: unknown): SeenSpan[] {
  return otlp.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const [name] = resource.attributes.filter(({ key }) => key === 'service.name');
    const service = String((name?.['value'] as { stringValue?: string })?.stringValue);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ startTimeUnixNano, endTimeUnixNano, attributes, status, ...span }) => ({
        ...span,
        service,
        attributes: new Map(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
        startedAt: BigInt(startTimeUnixNano),
        endedAt: BigInt(endTimeUnixNano),
        isFailed: status.code === ERROR_STATUS,
      })),
    );
  });
}
