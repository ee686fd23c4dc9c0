import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findRecordAddress } from './record-address.ts';

const dataDir = await mkdtemp(join(tmpdir(), 'record-address-'));
afterAll(() => rm(dataDir, { recursive: true, force: true }));

const none = { dataDir, mongodbUrl: undefined, redisUrl: undefined };

test('if there are no URLs and no running system, the error explains what to do', async () => {
  await expect(findRecordAddress(none)).rejects.toThrow(/npm start, or set MONGODB_URL/);
});

test('the URLs of the environment are preferred to those of the running system', async () => {
  const running = { mongodbUrl: 'mongodb://running', redisUrl: 'redis://running' };
  await writeFile(join(dataDir, 'demo.json'), JSON.stringify({ ...running, other: 1 }));
  expect(await findRecordAddress(none)).toEqual(running);
  expect(await findRecordAddress({ ...none, mongodbUrl: 'mongodb://given' })).toEqual({
    mongodbUrl: 'mongodb://given',
    redisUrl: undefined,
  });
});
