import type { Page } from 'playwright-core';

/** A state of the light, and when the page showed it, in ms since 1970. */
export interface SeenLight {
  readonly status: string;
  readonly at: number;
}

/**
 * Makes the page record each state of the light from now on. The page sets the state with every
 * frame of figures, even if it stays the same, so each record is a sample.
 */
export async function recordLights(page: Page): Promise<() => Promise<readonly SeenLight[]>> {
  await page.evaluate(`
    window.seenLights = [];
    new MutationObserver((changes) => {
      for (const { target } of changes) {
        window.seenLights.push({ status: target.dataset.status, at: Date.now() });
      }
    }).observe(document.getElementById('verdict'), { attributeFilter: ['data-status'] });
  `);
  return () => page.evaluate<SeenLight[]>('window.seenLights');
}
