/**
 * Looks up products on sale and ends their sales. The page of a read-only operator does not have
 * this section.
 */
import { call, isConfirmed } from './actions.js';
import { fill, formatNumber } from './tables.js';

const find = (id) => document.getElementById(id);

/** The number of look-ups so far. Only the response to the latest look-up is shown. */
let lookUps = 0;

/** Enables the search of sales, if the page has it. */
export function bindSales(base) {
  const form = find('sales-form');
  if (form === null) return;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    await lookUp(base, new FormData(form).get('q'));
  });
  form.querySelector('button').disabled = false;
}

async function lookUp(base, q) {
  lookUps += 1;
  const own = lookUps;
  const { body, problem } = await call(`${base}/sales?${new URLSearchParams({ q })}`);
  if (own !== lookUps) return;
  const items = body?.items ?? [];
  const end = async (sale) => {
    if (!(await isConfirmed(toConfirmation(sale)))) return;
    const path = `${base}/sales/${encodeURIComponent(sale.productId)}/end`;
    const answer = await call(path, { method: 'POST' });
    await lookUp(base, q);
    report(answer.problem ?? `The sale of ${answer.body.title} has ended.`);
    find('sales-form').elements.q.focus();
  };
  // Each button belongs to one sale, so rows are not reused.
  find('sales').tBodies[0].replaceChildren();
  find('sales').parentElement.hidden = items.length === 0;
  fill('sales', items, (sale) => [
    sale.title,
    sale.skus.join(', '),
    formatNumber(sale.available),
    sale.saleUntil === undefined ? 'open' : new Date(sale.saleUntil).toLocaleString(),
    endButton(sale, end),
  ]);
  report(
    problem ?? (items.length === 1 ? '1 product.' : `${formatNumber(items.length)} products.`),
  );
}

function toConfirmation({ title }) {
  return {
    title: `End the sale of ${title}?`,
    text: 'No one can buy it after that. Accepted checkouts are settled, and waiting checkouts end.',
    button: 'End the sale',
  };
}

function endButton(sale, end) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'End';
  button.setAttribute('aria-label', `End the sale of ${sale.title}`);
  button.disabled = sale.saleUntil !== undefined && Date.parse(sale.saleUntil) <= Date.now();
  button.addEventListener('click', () => end(sale));
  return button;
}

function report(text) {
  find('sales-result').textContent = text;
}
