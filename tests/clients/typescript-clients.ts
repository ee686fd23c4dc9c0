import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../shared/runtime/env.ts';
import { PROGRAMS } from './programs.ts';
import { runStep } from './run-step.ts';

const binary = (name: string) => join(projectRoot, 'node_modules', '.bin', name);

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: false,
    skipLibCheck: true,
    outDir: 'dist',
    rootDir: '.',
  },
  include: ['*.ts', '*.d.ts'],
};

/**
 * Generates the TypeScript clients into the folder, which must be inside the project, and compiles
 * the programs that use them.
 * @returns the compiled programs, by the name of their generator
 */
export async function makeTypescriptClients(
  folder: string,
  document: string,
): Promise<ReadonlyMap<string, string>> {
  const cwd = folder;
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  for (const program of ['openapi-fetch.ts', 'hey-api.ts']) {
    await cp(join(PROGRAMS, program), join(folder, program));
  }
  await Promise.all([
    runStep({ command: binary('openapi-typescript'), args: [document, '-o', 'schema.d.ts'], cwd }),
    runStep({ command: binary('openapi-ts'), args: ['-i', document, '-o', 'hey-api'], cwd }),
  ]);
  await runStep({ command: binary('tsc'), args: ['-p', '.'], cwd });
  return new Map([
    ['openapi-typescript', join(folder, 'dist', 'openapi-fetch.js')],
    ['@hey-api/openapi-ts', join(folder, 'dist', 'hey-api.js')],
  ]);
}
