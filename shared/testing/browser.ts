import { type BrowserContext, chromium } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { findChromium } from '../services/chromium.ts';

/** What keeps Chromium from looking for anything outside, and lets it run as root. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A fresh browser of the running test, closed after it. */
export async function openBrowser(login?: {
  readonly username: string;
  readonly password: string;
}): Promise<BrowserContext> {
  const { path } = await findChromium({ log: () => undefined });
  const browser = await chromium.launch({ executablePath: path, headless: true, args: FLAGS });
  onTestFinished(() => browser.close());
  return browser.newContext(login === undefined ? {} : { httpCredentials: login });
}
