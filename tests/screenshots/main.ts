/** `npm run screenshots`: takes the pictures of the README from a running system. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  findSystem,
  SYSTEM_FLAGS,
  SYSTEM_FLAGS_HELP,
} from '../../loadtest/system/running-system.ts';
import { printHelpIfAsked } from '../../shared/runtime/command-line.ts';
import { projectRoot, readEnv } from '../../shared/runtime/env.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { launchBrowser } from '../../shared/testing/launch-browser.ts';
import { takeScreenshots } from './take-screenshots.ts';

printHelpIfAsked(`
npm run screenshots: starts a demo sale on a running system and takes the pictures of the README with
Chromium: the observatory, bull-board, the documentation and the storefront.
  --folder FOLDER                     the folder of the pictures (docs/images)
${SYSTEM_FLAGS_HELP}`);

try {
  const { values } = parseArgs({ options: { ...SYSTEM_FLAGS, folder: { type: 'string' } } });
  const system = await findSystem(values, readEnv());
  const folder = resolve(values.folder ?? join(projectRoot, 'docs', 'images'));
  await mkdir(folder, { recursive: true });
  const browser = await launchBrowser();
  try {
    await takeScreenshots(browser, { system, folder, log: console.log });
  } finally {
    await browser.close();
  }
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
