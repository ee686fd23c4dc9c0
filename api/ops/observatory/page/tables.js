/** Shows the tables of the observatory. */

const numbers = new Intl.NumberFormat();

export function formatNumber(value) {
  return numbers.format(value);
}

export function formatMs(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms === 0) return '0 ms';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Formats a duration. Above a minute it has whole minutes, hours or days. */
export function formatDuration(ms) {
  if (ms === null || ms === undefined || ms < 60_000) return formatMs(ms);
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

export function showTables({ stock, draws, partitions, locks, workers, refusals }, base) {
  const levels = stock ?? [];
  showIfAny('stock', levels);
  fill('stock', levels, ({ sku, onHand, reserved, sold }) => [
    sku,
    ...[onHand - reserved, reserved, sold, onHand].map(formatNumber),
  ]);
  showDraws(draws ?? [], base);
  fill(
    'partitions',
    partitions ?? [],
    ({ partition, isPaused, waiting, active, delayed, failed }) => [
      String(partition),
      isPaused ? 'paused' : 'running',
      ...[waiting, active, delayed, failed].map(formatNumber),
    ],
  );
  const contended = locks?.contended ?? [];
  showIfAny('contended', contended);
  fill('contended', contended, ({ title, checkouts, lockMeanMs, lockLongestMs }) => [
    title,
    formatNumber(checkouts),
    formatMs(lockMeanMs),
    formatMs(lockLongestMs),
  ]);
  fill('workers', workers ?? [], (worker) => [
    `${worker.host} ${worker.pid}`,
    worker.isStandby ? `${worker.state}, standby` : worker.state,
    worker.partitions?.join(', ') ?? '',
    formatMs(worker.seenAgoMs),
    formatMs(worker.takenAgoMs),
    formatMs(worker.committedAgoMs),
  ]);
  const skus = new Map(levels.map(({ variantId, sku }) => [variantId, sku]));
  fill('refusals', refusals, ({ at, code, variantId, checkoutId }) => [
    new Date(at).toLocaleTimeString(),
    code,
    skus.get(variantId) ?? variantId ?? '',
    link(checkoutId, `${base}/search?checkout=${encodeURIComponent(checkoutId)}`),
  ]);
}

function showDraws(draws, base) {
  showIfAny('draws', draws);
  const publicBase = base.slice(0, -'/ops'.length);
  fill('draws', draws, ({ id, sku, title, status, entries, quantity, placed, held, next }) => [
    sku,
    title,
    status,
    ...[entries, quantity, placed, held].map(formatNumber),
    describeStep(next),
    link(id, `${publicBase}/draws/${encodeURIComponent(id)}`),
  ]);
}

function describeStep({ step, at, orders }) {
  const time = at === undefined ? '' : new Date(at).toLocaleString();
  switch (step) {
    case 'open':
      return `opens at ${time}`;
    case 'close':
      return `closes at ${time}`;
    case 'place':
      return 'offers its units to the next entries';
    case 'await_orders':
      return `waits for ${formatNumber(orders)} pending orders until ${time}`;
    case 'give_back':
      return 'gives its units back';
    case 'reject':
      return 'rejects the other entries';
    default:
      return 'none';
  }
}

/** Shows a table if it has rows, and otherwise the text that replaces it. */
function showIfAny(id, items) {
  document.getElementById(`${id}-empty`).hidden = items.length > 0;
  document.getElementById(id).parentElement.hidden = items.length === 0;
}

export function link(text, href) {
  const anchor = document.createElement('a');
  anchor.href = href;
  anchor.textContent = text;
  return anchor;
}

/** Fills a table. Replaces only cells that have changed, so that the focus stays on a link. */
export function fill(id, items, toCells) {
  const body = document.querySelector(`#${id} tbody`);
  while (body.rows.length > items.length) body.deleteRow(-1);
  items.forEach((item, index) => {
    const row = body.rows[index] ?? body.insertRow();
    toCells(item).forEach((content, column) => {
      const cell = row.cells[column] ?? row.insertCell();
      const text = typeof content === 'string' ? content : content.textContent;
      if (cell.textContent !== text) cell.replaceChildren(content);
    });
  });
}
