import type { Log } from '../runtime/output.ts';
import { debianPackage } from './binaries/apt.ts';
import { type FoundBinary, firstThatWorks } from './binaries/first-that-works.ts';
import { onPath } from './binaries/on-path.ts';
import { printedVersion } from './binaries/run-command.ts';

/** A Chromium that cannot open windows. It uses a third of the CPU time. */
const SHELL = 'chromium-headless-shell';
const WHOLE = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Finds a Chromium for browser tests and screenshots. As root, run it with `--no-sandbox`. */
export function findChromium(options: { log: Log }): Promise<FoundBinary> {
  return firstThatWorks({
    program: 'Chromium',
    sources: [
      onPath([SHELL]),
      onPath(WHOLE),
      debianPackage(SHELL, [SHELL]),
      debianPackage('chromium', WHOLE),
    ],
    readVersion: printedVersion,
    advice: ['install Chromium or Chrome so that it is on the PATH'],
    log: options.log,
  });
}
