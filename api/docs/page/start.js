/** Starts the API reference. Paths are relative, because a proxy may add a prefix. */

/** Elements that Swagger UI leaves without a name, and the names that screen readers announce. */
const NAMES = [
  ['#servers', () => 'Server'],
  ['.body-param__text', () => 'Request body'],
  ['.examples-select-element', () => 'Example'],
  ['.close-modal', () => 'Close'],
  ['[data-param-name] select', (element) => element.closest('[data-param-name]').dataset.paramName],
];

/** Shows the names of operations without a link, because a button may not contain a link. */
function withoutLinks({ React }) {
  return { components: { DeepLink: ({ text }) => React.createElement('span', null, text) } };
}

/** Names elements without a name, and lets the keyboard reach scrollable elements. */
function complete(reference) {
  for (const [selector, toName] of NAMES) {
    for (const element of reference.querySelectorAll(`${selector}:not([aria-label])`)) {
      element.setAttribute('aria-label', toName(element));
    }
  }
  for (const code of reference.querySelectorAll('pre.microlight:not([tabindex])')) {
    code.tabIndex = 0;
  }
  // The labels of these buttons differ from their visible texts.
  for (const button of reference.querySelectorAll('.auth-btn-wrapper [aria-label]')) {
    button.removeAttribute('aria-label');
  }
}

/** Completes the reference whenever it has changed, once for each frame. */
function keepComplete(reference) {
  let isDue = false;
  const observer = new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      complete(reference);
    });
  });
  observer.observe(reference, { childList: true, subtree: true });
}

keepComplete(document.getElementById('reference'));
// `validatorUrl` is null because the validator would call another host.
window.SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  validatorUrl: null,
  syntaxHighlight: { theme: 'tomorrow-night' },
  plugins: [withoutLinks],
});
