import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, onTestFinished } from 'vitest';
import { launchBrowser } from './launch-browser.ts';

interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Returns a function that opens a context for the running test. The contexts of a file share one
 * browser, because a start takes seconds of CPU time.
 */
export function browserForFile(): (login?: Login) => Promise<BrowserContext> {
  let launching: Promise<Browser> | undefined;
  afterAll(async () => (await launching)?.close());
  return async (login) => {
    launching ??= launchBrowser();
    const browser = await launching;
    const context = await browser.newContext(login === undefined ? {} : { httpCredentials: login });
    onTestFinished(() => context.close());
    return context;
  };
}
