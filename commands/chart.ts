/** `npm run chart`: checks the Helm chart in `deploy/`. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { projectRoot, readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { findFaults, isBuiltIn, toManifests } from './chart/manifests.ts';
import { findHelm, findValidator, type Helm, type Validate } from './chart/tools.ts';

printHelpIfAsked(`
npm run chart: checks the Helm chart in deploy/lastunit. For each values file in deploy/tries it runs
\`helm lint --strict\` and \`helm template\`, validates the manifests against the schemas of the oldest and the newest supported Kubernetes version,
and checks that their references exist. Then it checks that invalid values are refused. Helm is built
once from its Go module, and kubernetes-validate is installed by pip, both in CACHE_DIR; this takes
minutes the first time. Exits with 1 if anything has failed.`);
readArguments(0);

const CHART = join(projectRoot, 'deploy', 'lastunit');
const TRIES = join(projectRoot, 'deploy', 'tries');
const KUBERNETES_VERSIONS = ['1.27', '1.37'];
/** Values that the chart's schema must refuse. */
const WRONG_VALUES = [
  'api.replicas=0',
  'api.replicas=many',
  'api.replica=2',
  'secrets.system=',
  'settings.batch_max=1',
  'worker.autoscaling.prometheusUrl=prometheus:9090',
  'worker.autoscaling.cooldownSeconds=3601',
  'networkPolicy.redisPort=70000',
];

let failures = 0;
function report(name: string, faults: readonly string[]): void {
  if (faults.length > 0) failures += 1;
  console.log(`${faults.length > 0 ? 'failed' : 'passed'}: ${name}`);
  for (const fault of faults) console.log(`  ${fault}`);
}

interface Tools {
  readonly helm: Helm;
  readonly validate: Validate;
  readonly knownSettings: ReadonlySet<string>;
}

async function checkValues(file: string, { helm, validate, knownSettings }: Tools): Promise<void> {
  const values = ['--values', join(TRIES, file)];
  await helm(['lint', '--strict', CHART, ...values]).then(
    () => report(`${file}: lint`, []),
    (error: unknown) => report(`${file}: lint`, [errorMessage(error)]),
  );
  for (const version of KUBERNETES_VERSIONS) {
    const name = `${file}: Kubernetes ${version}`;
    try {
      const printed = await helm([
        'template',
        'try',
        CHART,
        '--namespace',
        'sales',
        '--kube-version',
        version,
        ...values,
      ]);
      const manifests = toManifests(parseAllDocuments(printed).map((document) => document.toJS()));
      const builtIn = manifests.filter(isBuiltIn);
      report(name, [
        ...(await validate(builtIn, version)),
        ...findFaults(manifests, knownSettings),
      ]);
      const otherKinds = manifests
        .filter((manifest) => !isBuiltIn(manifest))
        .map(({ kind }) => kind);
      if (otherKinds.length > 0)
        console.log(`  not validated, no schema: ${otherKinds.join(', ')}`);
    } catch (error) {
      report(name, [errorMessage(error)]);
    }
  }
}

async function checkRefusal(helm: Helm, wrong: string): Promise<void> {
  const isRefused = await helm(['template', 'try', CHART, '--set', wrong]).then(
    () => false,
    // Errors of the schema contain a path, such as `at '/api/replicas'`.
    (error: unknown) => errorMessage(error).includes("at '/"),
  );
  report(`${wrong} is refused`, isRefused ? [] : ['the chart accepted it']);
}

/** Returns the names of the settings in .env.example. */
async function readKnownSettings(): Promise<Set<string>> {
  const text = await readFile(join(projectRoot, '.env.example'), 'utf8');
  return new Set(Array.from(text.matchAll(/^#?([A-Z0-9_]+)=/gm), ([, name]) => name ?? ''));
}

async function main(): Promise<void> {
  const options = { cacheDir: readEnv().cacheDir, log: console.log };
  const { helm, binary } = await findHelm(options);
  const validate = await findValidator(options);
  console.log(`Helm ${binary.version}`);
  const knownSettings = await readKnownSettings();
  const files = (await readdir(TRIES)).sort();
  for (const file of files) await checkValues(file, { helm, validate, knownSettings });
  for (const wrong of WRONG_VALUES) await checkRefusal(helm, wrong);
}

try {
  await main();
  process.exitCode = failures === 0 ? 0 : 1;
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
