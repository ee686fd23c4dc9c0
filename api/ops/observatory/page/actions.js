/** The actions of the observatory. A read-only operator's page has none of their elements. */

const ACTIONS = {
  pause: {
    title: 'Pause settling?',
    text: 'Checkouts are still accepted and stay queued until you resume. Units that come back still go to waiting checkouts, and draws still place their winners.',
    button: 'Pause settling',
    path: '/settling/pause',
    done: 'Settling is paused.',
  },
  resume: {
    title: 'Resume settling?',
    text: 'Workers settle the waiting checkouts, the oldest first.',
    button: 'Resume settling',
    path: '/settling/resume',
    done: 'Settling continues.',
  },
  demo: {
    title: 'Start a demo sale?',
    text: 'For some seconds buyers buy a new product of a demo shop. Its orders stay in the record.',
    button: 'Start',
    path: '/demo-sale',
    done: ({ buyers, units, sku }) => `${buyers} buyers come for ${units} units of ${sku}.`,
  },
};

/** Enables the action buttons; each opens a confirmation dialog before it acts. */
export function bindActions(base) {
  for (const button of document.querySelectorAll('[data-action]')) {
    const action = ACTIONS[button.dataset.action];
    button.addEventListener('click', async () => {
      if (await isConfirmed(action)) report(await run(base, action));
    });
  }
}

/**
 * Resolves when the last confirmation dialog has closed. Its `close` event comes after the dialog
 * is hidden, and the next confirmation may open only then.
 */
let lastClosed = Promise.resolve();

/** Opens a confirmation dialog; resolves to false if it is cancelled. */
export async function isConfirmed({ title, text, button }) {
  await lastClosed;
  const dialog = document.getElementById('confirm');
  document.getElementById('confirm-title').textContent = title;
  document.getElementById('confirm-text').textContent = text;
  document.getElementById('confirm-button').textContent = button;
  dialog.returnValue = 'cancel';
  dialog.showModal();
  lastClosed = new Promise((resolve) => {
    dialog.addEventListener('close', resolve, { once: true });
  });
  await lastClosed;
  return dialog.returnValue === 'confirm';
}

async function run(base, { path, done }) {
  const { body, problem } = await call(`${base}${path}`, { method: 'POST' });
  return problem ?? (typeof done === 'string' ? done : done(body));
}

/** Calls the API. Returns the body of the response, or a text that describes the problem. */
export async function call(url, options) {
  try {
    const answer = await fetch(url, options);
    const body = await answer.json();
    if (answer.ok) return { body };
    const fields = body.errors?.map(({ path, message }) => `${path}: ${message}`).join(' ');
    return { problem: fields || body.detail || `The API returned status ${answer.status}.` };
  } catch {
    return { problem: 'The API did not answer.' };
  }
}

function report(text) {
  document.getElementById('action-result').textContent = text;
}
