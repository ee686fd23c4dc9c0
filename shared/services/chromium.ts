import { aptInstall } from './binaries/apt.ts';
import { type FoundBinary, firstThatWorks, type Source } from './binaries/first-that-works.ts';
import { findOnPath, onPath } from './binaries/on-path.ts';
import { printedVersion } from './binaries/version.ts';
import type { Log } from './log.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const debianPackage: Source = {
  name: 'the Debian package chromium',
  fetch: async () => {
    await aptInstall('chromium');
    const path = await findOnPath(NAMES);
    if (path === undefined) throw new Error('it was installed and is not on the PATH');
    return path;
  },
};

/** A Chromium for browser tests and screenshots; run it with `--no-sandbox` where you are root. */
export function findChromium(options: { log: Log }): Promise<FoundBinary> {
  return firstThatWorks({
    program: 'Chromium',
    sources: [onPath(NAMES), debianPackage],
    versionOf: printedVersion,
    advice: ['install Chromium or Chrome so that it is on the PATH'],
    log: options.log,
  });
}
