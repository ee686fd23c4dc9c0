import { expect, test } from 'vitest';
import { idleProcess, killNow } from '../../testing/child-process.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { findProcess, isRunning, type ProcessIdentity } from './identity.ts';
import { recoverOrphan } from './recover-orphan.ts';
import { writeRunRecord } from './run-record.ts';

async function deadProcess(): Promise<ProcessIdentity> {
  const { child, identity } = await idleProcess();
  await killNow(child);
  return identity;
}

const log = () => undefined;

test('a service whose launcher died is ended', async () => {
  const dataDir = await temporaryFolder();
  const orphan = await idleProcess('--dir', dataDir);
  const launcher = await deadProcess();
  await writeRunRecord(dataDir, 'thing', { process: orphan.identity, launcher });
  await recoverOrphan({ dataDir, service: 'thing', folder: dataDir, log });
  expect(isRunning(orphan.identity)).toBe(false);
});

test('a service whose id is stored only in its data folder is ended', async () => {
  const dataDir = await temporaryFolder();
  const orphan = await idleProcess('--dir', dataDir);
  const pidInFolder = orphan.identity.pid;
  await recoverOrphan({ dataDir, service: 'thing', folder: dataDir, pidInFolder, log });
  expect(isRunning(orphan.identity)).toBe(false);
});

test('a service whose launcher runs is not ended, and the error names the launcher', async () => {
  const dataDir = await temporaryFolder();
  const service = await idleProcess('--dir', dataDir);
  const launcher = await idleProcess('the-launcher');
  await writeRunRecord(dataDir, 'thing', {
    process: service.identity,
    launcher: launcher.identity,
  });
  const recovery = recoverOrphan({ dataDir, service: 'thing', folder: dataDir, log });
  await expect(recovery).rejects.toThrow('the-launcher');
  expect(isRunning(service.identity)).toBe(true);
});

test('another process that got the service’s id is not ended', async () => {
  const dataDir = await temporaryFolder();
  const stranger = await idleProcess('something else');
  const launcher = await deadProcess();
  await writeRunRecord(dataDir, 'thing', { process: stranger.identity, launcher });
  await recoverOrphan({ dataDir, service: 'thing', folder: dataDir, log });
  expect(isRunning(stranger.identity)).toBe(true);
});

test('a later process with the service’s id is not ended, even if its command line names the folder', async () => {
  const dataDir = await temporaryFolder();
  const editor = await idleProcess('--dir', dataDir);
  const process = { ...editor.identity, startedAt: 'another time' };
  await writeRunRecord(dataDir, 'thing', { process, launcher: await deadProcess() });
  await recoverOrphan({ dataDir, service: 'thing', folder: dataDir, log });
  expect(isRunning(editor.identity)).toBe(true);
});

test('a process is identified by its id and start time, and a dead process is not found', async () => {
  const { child, identity } = await idleProcess();
  expect(findProcess(identity.pid)).toEqual(identity);
  expect(isRunning({ ...identity, startedAt: 'another time' })).toBe(false);
  await killNow(child);
  expect(findProcess(identity.pid)).toBeUndefined();
});

test('a service without a record is found by the folder in its command line', async () => {
  const dataDir = await temporaryFolder();
  const orphan = await idleProcess('--dir', dataDir);
  const reader = await idleProcess('looking-at', dataDir);
  const elsewhere = await idleProcess('--dir', `${dataDir}-2`);
  await recoverOrphan({ dataDir, service: 'thing', folder: dataDir, folderOption: '--dir', log });
  expect(isRunning(orphan.identity)).toBe(false);
  expect(isRunning(reader.identity)).toBe(true);
  expect(isRunning(elsewhere.identity)).toBe(true);
});
