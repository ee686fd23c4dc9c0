import { cp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { projectRoot } from '../../shared/runtime/env.ts';
import { runStep } from '../clients/run-step.ts';

const CLIENT = join(projectRoot, 'client');
const PROGRAM = join(projectRoot, 'tests', 'client', 'program');
const TSC = join(projectRoot, 'node_modules', '.bin', 'tsc');

/**
 * Strict settings, with the types of browsers only, and with a check of the package's own types.
 */
const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2023', 'dom', 'dom.iterable'],
    module: 'nodenext',
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: false,
    resolveJsonModule: true,
    outDir: 'out',
    rootDir: '.',
  },
  include: ['*.ts', 'settings.json'],
};

/** An empty project with the packed client. */
export interface PackedClient {
  readonly folder: string;
  /** The files in the package. */
  readonly files: readonly string[];
}

/** Packs the client as it would be published and installs it into an empty project. */
export async function installPackedClient(folder: string): Promise<PackedClient> {
  const pack = ['pack', '--json', '--pack-destination', folder, '--loglevel', 'error'];
  // The build prints lines before the JSON.
  const printed = await runStep({ command: 'npm', args: pack, cwd: CLIENT });
  const json = printed.slice(printed.indexOf('[\n'), printed.lastIndexOf(']') + 1);
  const [packed]: readonly { filename: string; files: { path: string }[] }[] = JSON.parse(json);
  if (packed === undefined) throw new Error(`npm packed nothing: ${printed}`);
  const dependencies = { lastunit: `file:./${basename(packed.filename)}` };
  const manifest = { name: 'storefront', private: true, type: 'module', dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund'];
  await runStep({ command: 'npm', args: install, cwd: folder });
  return { folder, files: packed.files.map(({ path }) => path) };
}

/**
 * Compiles the program of a new user and the examples of the README in the project.
 * @returns the path of the compiled program
 */
export async function compilePrograms(folder: string, baseUrl: string): Promise<string> {
  for (const name of ['flow.ts', 'readme-globals.d.ts']) {
    await cp(join(PROGRAM, name), join(folder, name));
  }
  for (const [index, example] of (await readExamples('ts')).entries()) {
    await writeFile(join(folder, `readme-${index}.ts`), `${example}\nexport {};\n`);
  }
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ baseUrl }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await runStep({ command: TSC, args: ['-p', '.'], cwd: folder });
  return join(folder, 'out', 'flow.js');
}

/** Returns the examples in a language from the package's README. */
export async function readExamples(language: 'js' | 'ts'): Promise<string[]> {
  const readme = await readFile(join(CLIENT, 'README.md'), 'utf8');
  const blocks = readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'));
  return [...blocks].map(([, code = '']) => code);
}

/** Returns the path of the program that the package installs. */
export function findProgram({ folder }: PackedClient): string {
  return join(folder, 'node_modules', '.bin', 'lastunit');
}

/** Reads the page that uses the client in a browser. */
export function readPage(): Promise<string> {
  return readFile(join(PROGRAM, 'page.html'), 'utf8');
}
