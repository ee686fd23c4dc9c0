import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, onTestFinished } from 'vitest';
import { launchBrowser } from './launch-browser.ts';

interface Login {
  readonly username: string;
  readonly password: string;
}

/** How long the browser of a test worker stays open without a file that uses it. */
const IDLE_MS_MAX = 30_000;

/**
 * The browser of a test worker, which loads this module once and runs its files one after the
 * other. Starting a browser takes seconds of CPU time.
 */
let launching: Promise<Browser> | undefined;
let closing: NodeJS.Timeout | undefined;

function openBrowser(): Promise<Browser> {
  clearTimeout(closing);
  launching ??= launchBrowser().then((browser) => {
    browser.once('disconnected', () => {
      launching = undefined;
    });
    return browser;
  });
  return launching;
}

/** Closes what the file has left open, and the browser if no other file opens it soon. */
async function leaveBrowser(): Promise<void> {
  if (launching === undefined) return;
  const browser = await launching;
  await Promise.all(browser.contexts().map((context) => context.close()));
  clearTimeout(closing);
  closing = setTimeout(() => {
    launching = undefined;
    browser.close().catch(() => undefined);
  }, IDLE_MS_MAX);
  closing.unref();
}

/**
 * Returns a function that opens a context for the running test. All contexts share one browser.
 */
export function browserForFile(): (login?: Login) => Promise<BrowserContext> {
  afterAll(leaveBrowser);
  return async (login) => {
    const browser = await openBrowser();
    const context = await browser.newContext(login === undefined ? {} : { httpCredentials: login });
    onTestFinished(() => context.close());
    return context;
  };
}
