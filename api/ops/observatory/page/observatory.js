/** The observatory: opens the feed while the page is visible and shows each set of figures. */
import { bindActions } from './actions.js';
import { createCharts } from './charts.js';
import { bindMarks, showMarks } from './marks.js';
import { bindRecord } from './record.js';
import { bindSales } from './sales.js';
import { formatDuration, formatMs, formatNumber, showTables } from './tables.js';

/** Figures come twice a second, and within two seconds even if every read fails. */
const SILENT_AFTER_MS = 3_000;
/** A busy API may need seconds for the first figures. */
const REOPEN_AFTER_MS = 15_000;
const REFUSED_WAIT_MS = 5_000;

const base = document.documentElement.dataset.base;
const find = (id) => document.getElementById(id);
const charts = createCharts();
let feed;
/** When the last figures were read. */
let shownAt;
/** Timers that run out when no figures have come for too long. */
let silence;
let reopening;

function show(figures) {
  shownAt = figures.at;
  setText('connection', 'Live');
  expectFigures();
  showVerdict(figures.verdict);
  showNumbers(figures);
  showWaits(figures.waits);
  showCounts('outcomes', figures.outcomes);
  showCounts('shed', figures.shed);
  showPause(figures);
  showTables(figures, base);
  showMarks(figures.marks);
  charts.add(figures);
}

function showVerdict(verdict) {
  const status = verdict?.status ?? 'unknown';
  find('verdict').dataset.status = status;
  setText('verdict-word', status);
  setText('verdict-text', describeVerdict(verdict));
  const faults = find('faults');
  const items = (verdict?.faults ?? []).map(({ _id, kinds }) => {
    const item = document.createElement('li');
    item.textContent = `${_id}: ${kinds.join(', ')}`;
    return item;
  });
  faults.replaceChildren(...items);
  faults.hidden = items.length === 0;
}

/** Shows since when no figures have come. Shows the verdict as unknown, as it may have changed. */
function showSilence(reason) {
  const since =
    shownAt === undefined
      ? 'No figures have arrived yet.'
      : `No figures since ${formatTime(shownAt)}.`;
  find('verdict').dataset.status = 'unknown';
  setText('verdict-word', 'unknown');
  setText('verdict-text', since);
  setText('connection', `${since} ${reason}`);
}

function describeVerdict(verdict) {
  if (verdict === null) return 'The verdict cannot be read at present.';
  if (verdict.checkedUntil === null) return 'No worker has judged the record yet.';
  const { changes, checkouts } = verdict.counts;
  const counted = `${formatNumber(changes)} changes of stock and ${formatNumber(checkouts)} checkouts`;
  const since = `since ${formatTime(verdict.wholeAt)}, when the whole record was read`;
  const faults =
    verdict.faultCount === 1 ? '1 fault' : `${formatNumber(verdict.faultCount)} faults`;
  return `${faults}. Checked until ${formatTime(verdict.checkedUntil)}: ${counted} ${since}.`;
}

function showNumbers({ rates, latencyMs, backlog, batches, locks, servers }) {
  const perSecond = (rate) => (rate === null ? '–' : `${formatNumber(Math.round(rate))}/s`);
  setText('accepted', perSecond(rates.accepted));
  setText('settled', perSecond(rates.settled));
  setText('rejected-early', perSecond(rates.rejectedEarly));
  setText('shed-rate', perSecond(rates.shed));
  for (const name of ['p50', 'p95', 'p99']) setText(name, formatMs(latencyMs?.[name]));
  setText('queued', formatCounted(backlog?.queued));
  setText('oldest', formatMs(backlog?.oldestMs));
  setText('batch-mean', batches ? formatNumber(Math.round(batches.mean)) : '–');
  setText('batch-largest', batches ? formatNumber(batches.largest) : '–');
  setText('lock-mean', formatMs(locks?.lockMeanMs));
  setText('lock-longest', formatMs(locks?.lockLongestMs));
  setText('commit-mean', formatMs(locks?.commitMeanMs));
  setText('mongodb', servers.mongodbMs === null ? 'no answer' : formatMs(servers.mongodbMs));
  setText('redis', servers.redisMs === null ? 'no answer' : formatMs(servers.redisMs));
}

function showWaits(waits) {
  setText('waiting', formatCounted(waits?.waiting));
  setText('longest-wait', formatDuration(waits?.longestMs));
  const { lastMinute = null, lastServed = null } = waits ?? {};
  setText('begun-waits', lastMinute === null ? '–' : formatNumber(lastMinute.begun));
  setText('served-waits', lastMinute === null ? '–' : formatNumber(lastMinute.served));
  setText('freed-to-placed', describeServed(lastServed));
}

function describeServed(served) {
  if (served === null) return '–';
  return `${formatMs(served.freeMs)}, ${formatDuration(served.agoMs)} ago`;
}

/** Formats a count that stops at 10,000. */
function formatCounted(count) {
  if (count === undefined) return '–';
  return `${formatNumber(count)}${count >= 10_000 ? ' or more' : ''}`;
}

/** Shows counts by code, or a dash if the counts are not known (null). */
function showCounts(id, counts) {
  const entries = Object.entries(counts ?? {});
  const items = entries.map(([code, count]) => {
    const item = document.createElement('div');
    const term = document.createElement('dt');
    const value = document.createElement('dd');
    term.textContent = code;
    value.textContent = formatNumber(count);
    item.append(term, value);
    return item;
  });
  find(id).replaceChildren(...items);
  setText(`${id}-empty`, counts === null ? '–' : 'None.');
  find(`${id}-empty`).hidden = items.length > 0;
}

/** Shows who paused settling and when. If the partitions could not be read, nothing changes. */
function showPause({ pause, partitions }) {
  if (partitions === null) return;
  if (pause !== null) setText('pause', describePause(pause));
  find('pause').hidden = pause === null;
}

function describePause({ partitions, by, since }) {
  const where =
    partitions === null
      ? ''
      : ` in ${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')}`;
  const moment = since === undefined ? '' : ` since ${new Date(since).toLocaleString()}`;
  const who = by === undefined ? '' : ` by ${by}`;
  return `Settling is paused${where}${moment}${who}. Checkouts are accepted and wait.`;
}

/** Sets the text of an element unless it has this text: screen readers would repeat the text. */
function setText(id, text) {
  const element = find(id);
  if (element.textContent !== text) element.textContent = text;
}

function formatTime(at) {
  return new Date(at).toLocaleTimeString();
}

function open() {
  if (feed !== undefined) return;
  feed = new EventSource(`${base}/feed`);
  expectFigures();
  feed.addEventListener('error', () => {
    showSilence('Trying again…');
    // The browser reconnects by itself unless the request was refused.
    if (feed?.readyState !== EventSource.CLOSED) return;
    close();
    setTimeout(openIfVisible, REFUSED_WAIT_MS);
  });
  feed.addEventListener('history', ({ data }) => charts.restart(JSON.parse(data)));
  feed.addEventListener('figures', ({ data }) => show(JSON.parse(data)));
}

/**
 * Restarts the timers that wait for figures. A connection can stay open without an error although
 * the other side is frozen or gone.
 */
function expectFigures() {
  stopExpecting();
  silence = setTimeout(showSilence, SILENT_AFTER_MS, 'Waiting for the next figures…');
  reopening = setTimeout(() => {
    close();
    openIfVisible();
  }, REOPEN_AFTER_MS);
}

function stopExpecting() {
  clearTimeout(silence);
  clearTimeout(reopening);
}

function close() {
  stopExpecting();
  feed?.close();
  feed = undefined;
}

/** A hidden page closes its feed, so that figures are read only while someone watches. */
function openIfVisible() {
  if (document.visibilityState === 'visible') return open();
  close();
  showSilence('Paused while this page is hidden.');
}

document.addEventListener('visibilitychange', openIfVisible);
bindActions(base);
bindMarks(base);
bindRecord(base);
bindSales(base);
openIfVisible();
