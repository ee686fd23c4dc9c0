import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromCache, intoCache } from '../../shared/services/binaries/cache.ts';
import {
  type FoundBinary,
  firstThatWorks,
} from '../../shared/services/binaries/first-that-works.ts';
import { goProgram } from '../../shared/services/binaries/go-program.ts';
import { findOnPath } from '../../shared/services/binaries/on-path.ts';
import { runCommand } from '../../shared/services/binaries/run-command.ts';

const HELM = '4.3.1';
const VALIDATOR = '1.37.0';
const PIP_TIMEOUT_MS = 300_000;
const RUN_TIMEOUT_MS = 60_000;

interface Place {
  readonly cacheDir: string;
  readonly log: (line: string) => void;
}

/** Runs Helm with the given arguments and returns what it prints; throws if it fails. */
export type Helm = (args: readonly string[]) => Promise<string>;

/** Finds Helm 4 in the cache, or builds it once from its Go module. */
export async function findHelm({
  cacheDir,
  log,
}: Place): Promise<{ helm: Helm; binary: FoundBinary }> {
  const cached = { cacheDir, entry: `helm-${HELM}`, program: 'helm' };
  const binary = await firstThatWorks({
    program: 'helm',
    sources: [goProgram({ path: 'helm.sh/helm/v4/cmd/helm', version: `v${HELM}` }, cached)],
    readVersion: async (path) => {
      await runCommand(path, ['version', '--short'], { timeoutMs: RUN_TIMEOUT_MS });
      return HELM;
    },
    advice: ['install Go; Helm is then built once'],
    log,
  });
  const home = join(cacheDir, `helm-${HELM}`, 'home');
  const env = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
  const helm = (args: readonly string[]) =>
    runCommand(binary.path, [...args], { timeoutMs: RUN_TIMEOUT_MS, env });
  return { helm, binary };
}

const validated = z.array(z.string());

/** Returns the faults of Kubernetes manifests by the schemas of one Kubernetes version. */
export type Validate = (
  manifests: readonly unknown[],
  kubernetesVersion: string,
) => Promise<string[]>;

// The library's own command stops at the first kind that it does not know.
const PROGRAM = `
import json, sys
import kubernetes_validate as validator
manifests, version = json.load(sys.stdin)
faults = []
for manifest in manifests:
    name = manifest['kind'] + '/' + manifest['metadata']['name']
    try:
        validator.validate(manifest, version, strict=True)
    except validator.ValidationError as error:
        faults.append(name + ': ' + error.message)
    except Exception as error:
        faults.append(name + ': ' + str(error))
print(json.dumps(faults))
`;

/** Installs kubernetes-validate by pip into the cache, once. The package contains the schemas. */
export async function findValidator({ cacheDir, log }: Place): Promise<Validate> {
  const python = await findOnPath(['python3', 'python']);
  if (!python) throw new Error('kubernetes-validate needs Python 3 with pip on the PATH');
  const cached = { cacheDir, entry: `kubernetes-validate-${VALIDATOR}`, program: 'installed' };
  if ((await fromCache(cached)) === undefined) {
    log(`installing kubernetes-validate ${VALIDATOR} by pip`);
    await intoCache(cached, (folder) => install(python, folder));
  }
  const env = { PYTHONPATH: join(cacheDir, cached.entry) };
  return async (manifests, kubernetesVersion) => {
    const input = JSON.stringify([manifests, kubernetesVersion]);
    const options = { timeoutMs: RUN_TIMEOUT_MS, env, input };
    return validated.parse(JSON.parse(await runCommand(python, ['-c', PROGRAM], options)));
  };
}

async function install(python: string, folder: string): Promise<void> {
  const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet'];
  await runCommand(
    python,
    [...args, '--target', folder, `kubernetes-validate==${VALIDATOR}`, 'setuptools<81'],
    { timeoutMs: PIP_TIMEOUT_MS },
  );
  // Marks a finished installation. It is executable, because the cache finds only programs.
  await writeFile(join(folder, 'installed'), '', { mode: 0o755 });
}
