/** `npm run clients`: generates API clients with foreign tools and runs a whole flow with each. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  findSystem,
  SYSTEM_FLAGS,
  SYSTEM_FLAGS_HELP,
} from '../../loadtest/system/running-system.ts';
import { printHelpIfAsked } from '../../shared/runtime/command-line.ts';
import { readEnv } from '../../shared/runtime/env.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { findOnPath } from '../../shared/services/binaries/on-path.ts';
import { FOREIGN_GENERATORS, type ForeignGenerator } from './foreign-clients.ts';
import { createWorkspace, FLOW_DONE } from './programs.ts';
import { runStep, type Step } from './run-step.ts';
import { makeTypescriptClients } from './typescript-clients.ts';

printHelpIfAsked(`
npm run clients: lints the OpenAPI document with spectral's recommended rules, then generates a client
with each of openapi-typescript, @hey-api/openapi-ts, oapi-codegen, openapi-python-client and
openapi-generator, compiles it and uses it to create, buy and pay for a product. It downloads tools
from npm, PyPI, the Go module proxy and Maven Central. It skips generators whose language is not
installed. The exit code is 1 if anything failed.
${SYSTEM_FLAGS_HELP}`);

type Outcome = 'passed' | 'failed' | 'skipped';
const SPECTRAL = '@stoplight/spectral-cli@6';
const counts: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 };

async function report(name: string, work: () => Promise<string | undefined>): Promise<void> {
  try {
    const reason = await work();
    const outcome = reason === undefined ? 'passed' : 'skipped';
    counts[outcome] += 1;
    console.log(`${outcome}: ${name}${reason === undefined ? '' : `: ${reason}`}`);
  } catch (error) {
    counts.failed += 1;
    console.log(`failed: ${name}: ${errorMessage(error)}`);
  }
}

async function lint(folder: string, document: string): Promise<undefined> {
  const ruleset = join(folder, 'spectral.yaml');
  await writeFile(ruleset, 'extends: ["spectral:oas"]\n');
  const rules = ['-r', ruleset, '--fail-severity=warn'];
  const args = ['exec', '--yes', `--package=${SPECTRAL}`, '--', 'spectral', 'lint', document];
  await runStep({ command: 'npm', args: [...args, ...rules], cwd: folder });
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: SYSTEM_FLAGS });
  const { apiUrl, apiKey } = await findSystem(values, readEnv());
  const runFlow = async (step: Step): Promise<undefined> => {
    const env = { ...step.env, API_URL: apiUrl, API_KEY: apiKey };
    const printed = await runStep({ ...step, env });
    if (!printed.includes(FLOW_DONE)) throw new Error(`the flow did not finish:\n${printed}`);
  };
  const { folder, document } = await createWorkspace();
  try {
    await report('spectral', () => lint(folder, document));
    const programs = await makeTypescriptClients(folder, document).catch((error: unknown) => {
      console.log(errorMessage(error));
      return new Map<string, string>();
    });
    for (const name of ['openapi-typescript', '@hey-api/openapi-ts']) {
      await report(name, async () => {
        const program = programs.get(name);
        if (program === undefined) throw new Error('The program was not compiled.');
        return runFlow({ command: process.execPath, args: [program], cwd: folder });
      });
    }
    for (const client of FOREIGN_GENERATORS) {
      await report(client.name, () => useForeign(client, folder, document, runFlow));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

async function useForeign(
  { name, needs, generate }: ForeignGenerator,
  folder: string,
  document: string,
  runFlow: (step: Step) => Promise<undefined>,
): Promise<string | undefined> {
  for (const command of needs) {
    if ((await findOnPath([command])) === undefined) return `${command} is not installed.`;
  }
  const clientFolder = join(folder, name.replace(/\W+/g, '-'));
  await mkdir(clientFolder);
  return runFlow(await generate(clientFolder, document));
}

try {
  process.exit(await main());
} catch (error) {
  console.error(errorMessage(error));
  process.exit(1);
}
