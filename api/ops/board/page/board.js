/** Completes the pages of bull-board, so that screen readers can name everything on the pages. */

/** The names of buttons that show only an icon, by icon. Actions are named like their tooltips. */
const NAMES = {
  'svg[role="img"]': 'Redis details',
  '.lucide-maximize': 'Full screen',
  '.lucide-settings': 'Settings',
  '.lucide-circle-user': 'Links',
  '.lucide-ellipsis-vertical': 'More actions',
  '.lucide-arrow-up-down': 'Change priority',
  '.lucide-clock': 'Reschedule',
  '.lucide-copy': 'Copy',
  '.lucide-corner-up-left': 'Promote',
  '.lucide-files': 'Duplicate',
  '.lucide-list-x': 'Remove unprocessed children',
  '.lucide-pencil': 'Update data',
  '.lucide-refresh-cw': 'Retry',
  '.lucide-trash-2': 'Clean',
  '.lucide-x': 'Close',
};

function nameIconButtons() {
  for (const button of document.querySelectorAll('button:not([aria-label], [title])')) {
    const [icon, ...others] = button.childNodes;
    if (others.length > 0 || !(icon instanceof SVGElement)) continue;
    const selector = Object.keys(NAMES).find((candidate) => icon.matches(candidate));
    if (selector !== undefined) button.setAttribute('aria-label', NAMES[selector]);
  }
}

/** Names JSON editors after the labels above them. */
function nameEditors() {
  for (const editor of document.querySelectorAll('.cm-content:not([aria-label])')) {
    const label = editor.closest('[class*="field-"]')?.querySelector('label');
    editor.setAttribute('aria-label', label?.textContent ?? 'JSON');
  }
}

/** Hides icons that are marked as images without a name, because their buttons have the name. */
function hideIcons() {
  for (const icon of document.querySelectorAll('button svg[role="img"]')) {
    icon.setAttribute('aria-hidden', 'true');
  }
}

/** Removes labels that differ from the button's text. The button's tooltip repeats the label. */
function removeWrongLabels() {
  for (const badge of document.querySelectorAll('[class*="badgeWrap-"] button[aria-label]')) {
    badge.removeAttribute('aria-label');
  }
}

/** Removes the role `navigation` of the list of pages: with it, the entries belong to no list. */
function restoreLists() {
  for (const list of document.querySelectorAll('ul[role="navigation"]')) {
    list.removeAttribute('role');
  }
}

function complete() {
  nameIconButtons();
  nameEditors();
  hideIcons();
  removeWrongLabels();
  restoreLists();
}

/** Completes the page whenever it has changed, once for each frame. */
function keepComplete() {
  let isDue = false;
  const observer = new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      complete();
    });
  });
  const attributeFilter = ['aria-label'];
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter });
}

keepComplete();
