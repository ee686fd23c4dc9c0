import { errorMessage } from '../error-message.ts';
import { aptInstall } from './apt.ts';
import { findOnPath } from './on-path.ts';
import { runCommand } from './run-command.ts';

const PROBE_TIMEOUT_MS = 20_000;

/** A Python that has pip, as its path; on Debian as root, pip is installed when missing. */
export async function pythonWithPip(): Promise<string> {
  const python = await findPythonWithPip();
  if (python) return python;
  await aptInstall('python3-pip').catch((error: unknown) => {
    throw new Error(`there is no Python with pip, and ${errorMessage(error)}`);
  });
  const installed = await findPythonWithPip();
  if (!installed) throw new Error('pip was installed and still does not run');
  return installed;
}

async function findPythonWithPip(): Promise<string | undefined> {
  for (const name of ['python3', 'python']) {
    const python = await findOnPath([name]);
    if (!python) continue;
    const version = runCommand(python, ['-m', 'pip', '--version'], { timeoutMs: PROBE_TIMEOUT_MS });
    if (await version.then(Boolean, () => false)) return python;
  }
  return undefined;
}
