import type { Page } from 'playwright-core';

/** A state of the light, and when the page showed it, in ms since 1970. */
export interface SeenLight {
  readonly status: string;
  readonly at: number;
}

/**
 * Makes the page note each state of the light from now on. The page sets the state with all
 * figures, also to the one that it has, so none is missed and each is a sample.
 */
export async function noteLights(page: Page): Promise<() => Promise<readonly SeenLight[]>> {
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
