import { type BrowserContext, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { findChromium } from '../services/chromium.ts';

/** Flags that keep Chromium off the network and let it run as root. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser for the running test and closes it afterwards. */
export async function openBrowser(login?: {
  readonly username: string;
  readonly password: string;
}): Promise<BrowserContext> {
  const { path } = await findChromium({ log: () => undefined });
  const browser = await chromium.launch({ executablePath: path, headless: true, args: FLAGS });
  onTestFinished(() => browser.close());
  return browser.newContext(login === undefined ? {} : { httpCredentials: login });
}
