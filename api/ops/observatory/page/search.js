/** The search of checkouts and orders, and the history of one checkout. */
import { call } from './actions.js';
import { fill, formatMs, formatNumber } from './tables.js';

const base = document.documentElement.dataset.base;
const find = (id) => document.getElementById(id);
const form = find('search-form');

/** The search whose results are shown. */
let current;
/** The id of the checkout whose history is shown. */
let shownCheckout;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const filter = readFilter(new FormData(form));
  const address = toAddress(filter);
  if (address !== location.search) history.pushState(null, '', address || location.pathname);
  showNamed();
  void startSearch(filter);
});
form.querySelector('button').disabled = false;
find('more').addEventListener('click', () => loadPage(current));

function startSearch(filter) {
  current = { filter, rows: [], cursor: undefined, isLoading: false };
  return loadPage(current);
}

async function loadPage(search) {
  if (search.isLoading) return;
  search.isLoading = true;
  const query = new URLSearchParams(search.filter);
  if (search.cursor !== undefined) query.set('cursor', search.cursor);
  const { body, problem } = await call(`${base}/records?${query}`);
  search.isLoading = false;
  // Another search has begun meanwhile.
  if (search !== current) return;
  // The rows of the previous search are not reused, because their links lead back to it.
  if (search.rows.length === 0) find('found').tBodies[0].replaceChildren();
  if (body !== undefined) {
    search.rows.push(...body.items);
    search.cursor = body.nextCursor ?? undefined;
  }
  showResults(search);
  find('search-result').textContent = problem ?? describeFound(search.rows.length, body);
}

function showResults({ filter, rows, cursor }) {
  find('more').hidden = cursor === undefined;
  find('found').parentElement.hidden = rows.length === 0;
  fill('found', rows, ({ id, checkoutId, at, status, reason, buyerId, skus }) => [
    new Date(at).toLocaleString(),
    reason === undefined ? status : `${status}: ${reason}`,
    buyerId,
    skus.join(', '),
    historyLink(id, checkoutId, filter),
  ]);
}

function describeFound(length, { nextCursor, queuedReadUntil, indexedUntil }) {
  const found = describeCount(length, nextCursor, queuedReadUntil);
  if (indexedUntil === null) return `${found} How far the search is behind is not known.`;
  return `${found} The search has all changes until ${new Date(indexedUntil).toLocaleString()}.`;
}

function describeCount(length, nextCursor, queuedReadUntil) {
  const count = length === 1 ? '1 result is shown' : `${formatNumber(length)} results are shown`;
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

/** Returns the query of the page's address that leads to the same search; empty without filters. */
function toAddress(filter) {
  const query = new URLSearchParams(filter);
  return query.size === 0 ? '' : `?${query}`;
}

/** Shows the search and the checkout that the page's address names. */
function showAddress(isLoad = false) {
  const address = new URLSearchParams(location.search);
  const fields = [...form.elements].filter(({ name }) => name !== '');
  const named = fields.filter(({ name }) => address.get(name));
  const filter = Object.fromEntries(named.map(({ name }) => [name, address.get(name)]));
  for (const field of fields) {
    const value = filter[field.name] ?? '';
    // What was typed before this script ran is kept.
    if (isLoad && value === '') continue;
    field.value = field.type === 'datetime-local' ? toLocalTime(value) : value;
  }
  if (toAddress(filter) !== toAddress(current?.filter ?? {})) {
    if (toAddress(filter) === '') clearResults();
    else void startSearch(filter);
  }
  showNamed();
}

function clearResults() {
  current = undefined;
  showResults({ rows: [] });
  find('search-result').textContent = '';
}

/** Returns a time as the value of a `datetime-local` field; an empty text if it is invalid. */
function toLocalTime(text) {
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime())) return '';
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 'YYYY-MM-DDThh:mm'.length);
}

function historyLink(id, checkoutId, filter) {
  const anchor = document.createElement('a');
  anchor.href = toAddress({ ...filter, checkout: checkoutId });
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
addEventListener('popstate', () => showAddress());

function showNamed() {
  const named = new URLSearchParams(location.search).get('checkout');
  if (named !== null) void showHistory(named);
  else {
    shownCheckout = undefined;
    find('checkout-history').hidden = true;
  }
}

async function showHistory(checkoutId) {
  shownCheckout = checkoutId;
  const path = `${base}/checkouts/${encodeURIComponent(checkoutId)}`;
  const { body, problem } = await call(path);
  // Another checkout has been chosen meanwhile.
  if (checkoutId !== shownCheckout) return;
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
  const totalMs = Math.max(1, Math.max(...times) - start);
  fill('waterfall', spans, ({ stage, from, to, detail }) => {
    const after = Date.parse(from) - start;
    const took = to === undefined ? undefined : Math.max(0, Date.parse(to) - Date.parse(from));
    return [
      stage,
      formatMs(after),
      formatMs(took),
      bar(after / totalMs, (took ?? 0) / totalMs),
      detail,
    ];
  });
}

/** Creates a bar that has its share as text, for screen readers. */
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

showAddress(true);
