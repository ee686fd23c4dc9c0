import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROGRAMS } from './programs.ts';
import { runStep, type Step } from './run-step.ts';

/** A client generator for another language. It is downloaded when needed. */
export interface ForeignGenerator {
  readonly name: string;
  /** The commands that it requires. */
  readonly needs: readonly string[];
  /** Generates a client in the folder and returns the step that runs its program. */
  readonly generate: (folder: string, document: string) => Promise<Step>;
}

const OAPI_CODEGEN = 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2';
const OPENAPI_PYTHON_CLIENT = 'openapi-python-client==0.29.1';
const OPENAPI_GENERATOR = 'org.openapitools:openapi-generator-cli:7.25.0';

/** The generator supports only JSON, forms and binary files, so file types are mapped to binary. */
const PYTHON_CLIENT_CONFIG = `
content_type_overrides:
  application/x-ndjson: application/octet-stream
  text/csv: application/octet-stream
post_hooks: []
`;

const go: ForeignGenerator = {
  name: 'oapi-codegen',
  needs: ['go'],
  generate: async (cwd, document) => {
    await mkdir(join(cwd, 'lastunit'));
    await cp(join(PROGRAMS, 'oapi-codegen.go'), join(cwd, 'main.go'));
    const output = ['-package', 'lastunit', '-o', 'lastunit/client.go'];
    const generateArgs = ['run', OAPI_CODEGEN, '-generate', 'types,client', ...output, document];
    await runStep({ command: 'go', args: generateArgs, cwd });
    await runStep({ command: 'go', args: ['mod', 'init', 'flow'], cwd });
    await runStep({ command: 'go', args: ['mod', 'tidy'], cwd });
    await runStep({ command: 'go', args: ['build', '-o', 'program', '.'], cwd });
    return { command: join(cwd, 'program'), args: [], cwd };
  },
};

const python: ForeignGenerator = {
  name: 'openapi-python-client',
  needs: ['python3'],
  generate: async (cwd, document) => {
    const bin = await makeVenv(cwd, [OPENAPI_PYTHON_CLIENT]);
    await writeFile(join(cwd, 'config.yaml'), PYTHON_CLIENT_CONFIG);
    const input = ['--path', document, '--config', 'config.yaml'];
    const args = ['generate', ...input, '--output-path', 'generated', '--fail-on-warning'];
    await runStep({ command: join(bin, 'openapi-python-client'), args, cwd });
    return preparePythonProgram(cwd, bin, 'openapi_python_client.py');
  },
};

const openapiGenerator: ForeignGenerator = {
  name: 'openapi-generator (python)',
  needs: ['java', 'mvn', 'python3'],
  generate: async (cwd, document) => {
    const copy = [`-Dartifact=${OPENAPI_GENERATOR}`, `-DoutputDirectory=${cwd}`];
    const goals = ['-q', '-B', 'dependency:copy', ...copy, '-Dmdep.stripVersion=true'];
    await runStep({ command: 'mvn', args: goals, cwd });
    const jar = join(cwd, 'openapi-generator-cli.jar');
    const output = ['-o', 'generated', '--additional-properties=packageName=lastunit_client'];
    const args = ['-jar', jar, 'generate', '-i', document, '-g', 'python', ...output];
    await runStep({ command: 'java', args, cwd });
    const bin = await makeVenv(cwd, ['-r', join('generated', 'requirements.txt')]);
    return preparePythonProgram(cwd, bin, 'openapi_generator.py');
  },
};

/** The generators that are not packages of this project. */
export const FOREIGN_GENERATORS: readonly ForeignGenerator[] = [go, python, openapiGenerator];

async function makeVenv(cwd: string, packages: readonly string[]): Promise<string> {
  await runStep({ command: 'python3', args: ['-m', 'venv', 'venv'], cwd });
  const bin = join(cwd, 'venv', 'bin');
  await runStep({ command: join(bin, 'pip'), args: ['install', '-q', ...packages], cwd });
  return bin;
}

async function preparePythonProgram(cwd: string, bin: string, name: string): Promise<Step> {
  await runStep({
    command: join(bin, 'python'),
    args: ['-m', 'compileall', '-q', 'generated'],
    cwd,
  });
  const env = { PYTHONPATH: join(cwd, 'generated') };
  return { command: join(bin, 'python'), args: [join(PROGRAMS, name)], cwd, env };
}
