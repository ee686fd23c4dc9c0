import { type Browser, chromium } from 'playwright-core';
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

/** Starts a Chromium without a window. */
export async function launchBrowser(): Promise<Browser> {
  const { path } = await findChromium({ log: () => undefined });
  return chromium.launch({ executablePath: path, headless: true, args: FLAGS });
}
