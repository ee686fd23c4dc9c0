import type { BrowserContext } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { launchBrowser } from './launch-browser.ts';

/** Starts a browser for the running test and closes it afterwards. */
export async function openBrowser(login?: {
  readonly username: string;
  readonly password: string;
}): Promise<BrowserContext> {
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  return browser.newContext(login === undefined ? {} : { httpCredentials: login });
}
