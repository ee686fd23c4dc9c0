import { expect, test } from 'vitest';
import { countStored, measureParts } from './parts.ts';
import type { Stage } from './stage.ts';

const WALL_SECONDS = 60;

/** A stage whose load generator posts this many checkouts in the time that it has. */
function givenStage(accepted: number): Stage {
  const assistant = { pid: 1, call: async () => undefined };
  const closed = { accepted, failures: { count: 0 }, startedAtMs: 0, endedAtMs: 0 };
  const stage = {
    generator: { pid: 2, call: async () => closed },
    ...{ noopServer: assistant, parts: assistant, noopUrl: 'http://127.0.0.1:9' },
    services: { redis: { pids: [3] }, mongodb: { pids: [4] } },
    batched: { shop: { apiKey: 'key', hot: { variantId: 'var_1' } } },
    watch: () => () => ({ wallSeconds: WALL_SECONDS }),
  };
  return stage as unknown as Stage;
}

test('the rate of the POST is computed from what was posted in its time', async () => {
  const samples = await measureParts(givenStage(600), { operations: 6_000, connections: 8 });
  const [post, intents] = samples;
  expect(post).toMatchObject({ operations: 600, perSecond: 10 });
  expect(intents).toMatchObject({ operations: 12_000, perSecond: 200 });
  expect(countStored(samples)).toBe(12_000);
});
