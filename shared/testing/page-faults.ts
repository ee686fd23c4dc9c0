import type { Page } from 'playwright-core';

/** bull-board preloads files that it may need later, and a slow browser warns about them. */
const PRELOADED = 'was preloaded using link preload but not used';

/**
 * Collects what the browser reports about a page from now on: exceptions, and errors and warnings
 * on the console, among them violations of the content security policy and files that are missing.
 * @param origin requests to other origins are faults too
 */
export function collectFaults(page: Page, origin?: string): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (message.text().includes(PRELOADED)) return;
    faults.push(`${message.text()} (${message.location().url})`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (origin !== undefined && url.origin !== origin && url.protocol !== 'data:') {
      faults.push(url.href);
    }
  });
  return faults;
}

/** Returns by how many pixels a page is wider than its window; 0 if it fits. */
export async function measureOverflow(page: Page): Promise<number> {
  return page.evaluate(
    'Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)',
  );
}
