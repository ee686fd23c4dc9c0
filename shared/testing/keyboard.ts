import type { Page } from 'playwright-core';

/** More stops than any of our pages has. */
const STOPS_MAX = 80;

/** A script that returns the name of the focused element: its label, or its text. */
const READ_FOCUSED = `(() => {
  const { activeElement: focused } = document;
  const label = focused.getAttribute('aria-label') ?? focused.labels?.[0]?.textContent;
  return (label ?? focused.textContent).trim();
})()`;

/** Returns the name of the element that has the focus. */
export function readFocused(page: Page): Promise<string> {
  return page.evaluate<string>(READ_FOCUSED);
}

/**
 * Presses Tab until an element whose name begins with `name` has the focus, as someone without a
 * mouse does.
 * @throws Error that lists the focused elements if there is no such element
 */
export async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  while (passed.length < STOPS_MAX) {
    await page.keyboard.press('Tab');
    const focused = await readFocused(page);
    if (focused.startsWith(name)) return;
    passed.push(focused.slice(0, name.length + 20));
  }
  throw new Error(`Tab does not lead to ${name}, but to: ${passed.join(' | ')}`);
}
