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

export function showTables({ stock, partitions, workers, refusals }, base) {
  const levels = stock ?? [];
  document.getElementById('stock-empty').hidden = levels.length > 0;
  document.getElementById('stock').parentElement.hidden = levels.length === 0;
  fill('stock', levels, ({ sku, onHand, reserved, sold }) => [
    sku,
    ...[onHand - reserved, reserved, sold, onHand].map(formatNumber),
  ]);
  fill('partitions', partitions ?? [], (each) => [
    String(each.partition),
    each.isPaused ? 'paused' : 'running',
    ...[each.waiting, each.active, each.delayed, each.failed].map(formatNumber),
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

export function link(text, href) {
  const anchor = document.createElement('a');
  anchor.href = href;
  anchor.textContent = text;
  return anchor;
}

/** Replaces only cells that have changed, so that the focus stays on a link. */
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
