/** The search of checkouts and orders, and the history of one checkout. */
import { call } from './actions.js';
import { fill, formatMs, formatNumber } from './tables.js';

const base = document.documentElement.dataset.base;
const find = (id) => document.getElementById(id);
const form = find('search-form');

let shown = [];
let filter;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  filter = readFilter(new FormData(form));
  shown = [];
  await showPage();
});
form.querySelector('button').disabled = false;
find('more').addEventListener('click', showPage);

async function showPage() {
  const query = new URLSearchParams(filter);
  const { body, problem } = await call(`${base}/records?${query}`);
  shown.push(...(body?.items ?? []));
  if (body?.nextCursor) filter.cursor = body.nextCursor;
  find('more').hidden = !body?.nextCursor;
  find('found').parentElement.hidden = shown.length === 0;
  fill('found', shown, ({ id, checkoutId, at, status, reason, buyerId, skus }) => [
    new Date(at).toLocaleString(),
    reason === undefined ? status : `${status}: ${reason}`,
    buyerId,
    skus.join(', '),
    historyLink(id, checkoutId),
  ]);
  find('search-result').textContent = problem ?? describeFound(body);
}

function describeFound({ nextCursor, queuedReadUntil, indexedUntil }) {
  const found = describeCount(nextCursor, queuedReadUntil);
  if (indexedUntil === null) return `${found} How far the search is behind is not known.`;
  return `${found} The search has all changes until ${new Date(indexedUntil).toLocaleString()}.`;
}

function describeCount(nextCursor, queuedReadUntil) {
  const count = shown.length === 1 ? '1 is shown' : `${formatNumber(shown.length)} are shown`;
  if (queuedReadUntil) {
    const until = new Date(queuedReadUntil).toLocaleTimeString();
    return `${count}. Queued checkouts accepted after ${until} were not searched yet.`;
  }
  return nextCursor ? `${count}, and there are more.` : `${count}.`;
}

function readFilter(form) {
  const entries = [...form.entries()].filter(([, value]) => value !== '');
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const isTime = name === 'from' || name === 'to';
      return [name, isTime ? new Date(value).toISOString() : value];
    }),
  );
}

function historyLink(id, checkoutId) {
  const anchor = document.createElement('a');
  anchor.href = `?checkout=${encodeURIComponent(checkoutId)}`;
  anchor.textContent = id;
  anchor.dataset.checkout = checkoutId;
  return anchor;
}

find('found').addEventListener('click', (event) => {
  const anchor = event.target.closest('a');
  if (anchor === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', anchor.href);
  void showHistory(anchor.dataset.checkout);
});
addEventListener('popstate', showNamed);

function showNamed() {
  const named = new URLSearchParams(location.search).get('checkout');
  if (named === null) find('checkout-history').hidden = true;
  else void showHistory(named);
}

async function showHistory(checkoutId) {
  const path = `${base}/checkouts/${encodeURIComponent(checkoutId)}`;
  const { body, problem } = await call(path);
  const section = find('checkout-history');
  section.hidden = false;
  find('checkout-history-title').textContent = checkoutId;
  find('explanation').textContent = problem ?? body.explanation;
  find('raw').href = path;
  showWaterfall(body?.waterfall ?? []);
  fill('timeline', body?.timeline ?? [], ({ at, step, subject, actor, reason }) => [
    new Date(at).toISOString(),
    step,
    subject,
    actor ?? '',
    reason ?? '',
  ]);
  find('checkout-history-title').focus();
}

function showWaterfall(spans) {
  const times = spans.flatMap(({ from, to }) => [from, to ?? from]).map(Date.parse);
  const start = Math.min(...times);
  const whole = Math.max(1, Math.max(...times) - start);
  fill('waterfall', spans, ({ stage, from, to, detail }) => {
    const after = Date.parse(from) - start;
    const took = to === undefined ? undefined : Math.max(0, Date.parse(to) - Date.parse(from));
    return [
      stage,
      formatMs(after),
      formatMs(took),
      bar(after / whole, (took ?? 0) / whole),
      detail,
    ];
  });
}

/** A bar with a text for screen readers. */
function bar(offset, share) {
  const track = document.createElement('div');
  track.className = 'track';
  track.textContent = `${Math.round(share * 100)} %`;
  const piece = document.createElement('span');
  piece.className = 'piece';
  piece.style.marginInlineStart = `${offset * 100}%`;
  piece.style.width = `${Math.max(share * 100, 0.5)}%`;
  track.append(piece);
  return track;
}

showNamed();
