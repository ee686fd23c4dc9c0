import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const SCRIPT = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const SEVERE = ['serious', 'critical'];

/**
 * Returns the serious and critical violations that axe finds on a page: the rule and the element of
 * each. The debugger runs the script, so the page's content security policy does not block it.
 * @param within a selector of the part of the page to check
 */
export async function findViolations(page: Page, within = 'html'): Promise<string[]> {
  await page.evaluate(await readFile(SCRIPT, 'utf8'));
  const run = `axe.run(${JSON.stringify(within)}, { resultTypes: ['violations'] })`;
  const { violations } = await page.evaluate<AxeResults>(run);
  return violations
    .filter(({ impact }) => SEVERE.includes(impact ?? ''))
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
