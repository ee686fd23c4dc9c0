import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plugin, rolldown } from 'rolldown';
import { childEnv, projectRoot } from '../../runtime/env.ts';

/** The files that tests start as a process, and the files that a process imports by a computed URL. */
const ENTRIES = [
  'api/main.ts',
  'worker/main.ts',
  'tests/rig/children/*.ts',
  'client/cli/main.ts',
  'commands/{admin,migrate,openapi,reconcile,start}.ts',
  'loadtest/{bench,chaos}/main.ts',
  'loadtest/bench/load/load-generator.ts',
  'loadtest/bench/parts/{noop-server,part-runner}.ts',
  'shared/contract/product-types/!(*.test).ts',
];
/** Packages that load files of their own folder, or native code. */
const UNBUNDLED = [
  /^@bull-board\//,
  /^@node-rs\//,
  /^pino$/,
  /^msgpackr-extract$/,
  /^mongodb-memory-server-core$/,
  /^playwright-core$/,
  /^vitest$/,
];
const HOOK = new URL('run-bundled.mjs', import.meta.url);
/** A bundle that no run has used for this long is removed. No process runs for longer. */
const UNUSED_MS_MAX = 24 * 60 * 60 * 1_000;

/**
 * Bundles the processes that tests start, because loading 1,700 modules costs a process most of the
 * CPU time of its start. The bundles stay for the next run with the same code.
 * @returns the environment with which Node runs the bundles instead of their sources
 */
export async function bundleProcesses(): Promise<Record<string, string>> {
  const parent = join(projectRoot, 'node_modules/.cache/test-bundles');
  await mkdir(parent, { recursive: true });
  await removeUnused(parent);
  const sources = globSync(ENTRIES, { cwd: projectRoot }).map((path) => join(projectRoot, path));
  const bundle = await rolldown({
    input: Object.fromEntries(sources.map((path, index) => [`entry-${index}`, path])),
    cwd: projectRoot,
    platform: 'node',
    external: UNBUNDLED,
    plugins: [keepUrls],
    logLevel: 'silent',
    // An optional dependency of a package may be missing.
    treeshake: false,
  });
  const names = { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' };
  const { output } = await bundle.generate({ format: 'esm', ...names });
  await bundle.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  const hash = createHash('sha256');
  for (const { fileName, code } of chunks) hash.update(fileName).update(code);
  const folder = join(parent, hash.digest('hex').slice(0, 16));
  const bundled = chunks.flatMap(({ facadeModuleId, isEntry, fileName }) =>
    isEntry && facadeModuleId !== null
      ? [[pathToFileURL(facadeModuleId).href, pathToFileURL(join(folder, fileName)).href]]
      : [],
  );
  const files = chunks.map(({ fileName, code }) => [fileName, code] as const);
  const map = ['bundled.json', JSON.stringify(Object.fromEntries(bundled))] as const;
  await writeOnce(folder, [...files, map]);
  return {
    TEST_BUNDLED: join(folder, 'bundled.json'),
    NODE_OPTIONS: `${childEnv()['NODE_OPTIONS'] ?? ''} --import=${HOOK.href}`.trim(),
  };
}

/** Makes bundled modules read files in the folder of their source. */
const keepUrls: Plugin = {
  name: 'keep-urls',
  transform: (code, id) =>
    code.includes('import.meta.url') && !id.includes('node_modules')
      ? code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      : null,
};

/** Writes a folder that another run may write at the same time. */
async function writeOnce(folder: string, files: readonly (readonly [string, string])[]) {
  const unfinished = `${folder}-${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  for (const [name, text] of files) await writeFile(join(unfinished, name), text);
  await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true }));
  await utimes(folder, new Date(), new Date());
}

async function removeUnused(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const folder = join(parent, name);
    // Another run may have renamed or removed the folder meanwhile.
    const stats = await stat(folder).catch(() => undefined);
    if (stats && Date.now() - stats.mtimeMs > UNUSED_MS_MAX) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
