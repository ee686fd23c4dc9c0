import { expect, test } from 'vitest';
import { firstThatWorks, type Source } from './first-that-works.ts';

const quiet = () => undefined;
const search = (sources: Source[], readVersion = async (_: string) => '1.2.3') =>
  firstThatWorks({ program: 'thing', sources, readVersion, advice: ['install it'], log: quiet });
const installed = (name: string, path: string): Source => ({ name, present: async () => path });
const absent: Source = { name: 'the PATH', present: async () => undefined };
const fetched = (name: string, fetch: () => Promise<string>): Source => ({ name, fetch });

test('an installed program is preferred to an earlier source that must be fetched', async () => {
  const fetchedSources: string[] = [];
  const download = fetched('download', async () => {
    fetchedSources.push('download');
    return '/downloaded';
  });
  const binary = await search([absent, download, installed('cache', '/cached')]);
  expect(binary).toEqual({ path: '/cached', source: 'cache', version: '1.2.3' });
  expect(fetchedSources).toEqual([]);
});

test('sources are fetched in order until one works', async () => {
  const failing = fetched('download', () => Promise.reject(new Error('no network')));
  const working = fetched('wheel', async () => '/wheel');
  const never = fetched('package', () => Promise.reject(new Error('must not be fetched')));
  expect(await search([absent, failing, working, never])).toMatchObject({ path: '/wheel' });
});

test('if the program of a source does not run, the next source is tried', async () => {
  const readVersion = async (path: string) => {
    if (path === '/broken') throw new Error('libcurl.so.4 is missing');
    return '2.0.0';
  };
  const sources = [installed('the PATH', '/broken'), fetched('wheel', async () => '/wheel')];
  expect(await search(sources, readVersion)).toMatchObject({ source: 'wheel', version: '2.0.0' });
});

test('if no source works, the error lists every attempt and what to do', async () => {
  const failing = fetched('download', () => Promise.reject(new Error('no network')));
  const message = await search([absent, failing]).catch((error: Error) => error.message);
  expect(message).toBe(
    [
      'Found no thing that runs. Tried:',
      '  - the PATH: not found',
      '  - download: no network',
      'What you can do:',
      '  - install it',
    ].join('\n'),
  );
});
