import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type System, startSystem } from '../rig/system.ts';
import { createWorkspace, FLOW_DONE } from './programs.ts';
import { runStep } from './run-step.ts';
import { makeTypescriptClients } from './typescript-clients.ts';

const namespace = testNamespace();
const store = await openTestStore(namespace);
const TIMEOUT_MS = 120_000;
let system: System;
let programs: ReadonlyMap<string, string>;
let folder: string;
let apiKey: string;

beforeAll(async () => {
  const workspace = await createWorkspace();
  ({ folder } = workspace);
  [programs, system] = await Promise.all([
    makeTypescriptClients(folder, workspace.document),
    startSystem(namespace, { workers: 1 }),
  ]);
  const shopId = await givenShop(store);
  ({ apiKey } = await createApiKey(store, { shopId, name: 'test', scopes: SCOPES }, new Date()));
}, TIMEOUT_MS);

afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

test.each(['openapi-typescript', '@hey-api/openapi-ts'])(
  'a client of %s compiles, creates and sells a product, and handles a refusal',
  async (generator) => {
    const env = { API_URL: system.apiUrl, API_KEY: apiKey };
    const args = [programs.get(generator) ?? ''];
    const printed = await runStep({ command: process.execPath, args, cwd: folder, env });
    expect(printed).toContain(FLOW_DONE);
  },
  TIMEOUT_MS,
);
