/** Compares, repairs and judges the whole record, and finds and replays parked checkouts. */
import { call, isConfirmed } from './actions.js';
import { fill, formatNumber, link } from './tables.js';

const HOUR_MS = 3_600_000;
const find = (id) => document.getElementById(id);

/** Enables the buttons and the form. */
export function bindRecord(base) {
  find('compare').addEventListener('click', () => compare(base));
  // The page has these buttons only for operators who may use them.
  find('reconcile')?.addEventListener('click', () => reconcile(base));
  find('judge')?.addEventListener('click', () => judge(base));
  bindParked(base);
}

async function compare(base) {
  const isMeant = await isConfirmed({
    title: 'Compare counters with orders?',
    text: 'This reads the whole record, about a minute for two million lines. It repairs nothing.',
    button: 'Compare',
  });
  if (!isMeant) return;
  report('compare-result', 'Comparing…');
  const { body, problem } = await call(`${base}/differences`);
  const isOne = body?.count === 1;
  report(
    'compare-result',
    problem ?? `${formatNumber(body.count)} ${isOne ? 'difference' : 'differences'} found.`,
  );
  showDifferences((body?.items ?? []).map(({ id, description }) => `${id}: ${description}`));
}

async function reconcile(base) {
  const isMeant = await isConfirmed({
    title: 'Reconcile the record?',
    text: 'This reads the whole record and corrects counters that differ from orders and movements. Each correction is recorded.',
    button: 'Reconcile',
  });
  if (!isMeant) return;
  report('compare-result', 'Reconciling…');
  const { body, problem } = await call(`${base}/reconcile`, { method: 'POST' });
  report('compare-result', problem ?? describeReconciled(body));
  const reasons = new Map((body?.unrepairable ?? []).map(({ id, reason }) => [id, reason]));
  showDifferences(
    (body?.items ?? []).map(({ id, description }) => {
      const reason = reasons.has(id) ? ` (not repaired: ${reasons.get(id)})` : '';
      return `${id}: ${description}${reason}`;
    }),
  );
}

function describeReconciled({ differences, repaired, left }) {
  const found = differences === 1 ? '1 difference' : `${formatNumber(differences)} differences`;
  return `${found} found, ${formatNumber(repaired)} repaired, ${formatNumber(left)} left.`;
}

function showDifferences(texts) {
  const items = texts.map((text) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  });
  find('differences').replaceChildren(...items);
  find('differences').hidden = items.length === 0;
}

async function judge(base) {
  const isMeant = await isConfirmed({
    title: 'Judge the whole record?',
    text: 'This reads all data, about half a minute for a million checkouts, and slows a sale down.',
    button: 'Judge',
  });
  if (!isMeant) return;
  report('judge-result', 'Judging…');
  const { body, problem } = await call(`${base}/verdict`);
  report('judge-result', problem ?? describeVerdict(body));
}

function describeVerdict({ ok, accepted, at, ...counts }) {
  const faults = ['oversold', 'undersold', 'lost', 'duplicated', 'drift', 'inversions'];
  const shown = ['placed', 'rejected', 'failed', 'pending', 'waiting', ...faults];
  const list = shown.map((name) => `${formatNumber(counts[name])} ${name}`).join(', ');
  const time = new Date(at).toLocaleTimeString();
  const word = ok ? 'ok' : 'not ok';
  return `The verdict on the whole record at ${time} is ${word}. ${formatNumber(accepted)} checkouts: ${list}.`;
}

function bindParked(base) {
  const form = find('parked-form');
  const replay = find('replay');
  // The filter of the rows that are shown, and their ids.
  let filter;
  let ids = [];
  let latest;
  const search = async (wanted) => {
    latest = wanted;
    // The rows do not belong to this search yet, so they must not be replayed.
    if (replay !== null) replay.disabled = true;
    const { body, problem } = await call(`${base}/parked?${new URLSearchParams(wanted)}`);
    if (latest !== wanted) return;
    filter = wanted;
    const items = body?.items ?? [];
    ids = items.map(({ id }) => id);
    if (replay !== null) replay.disabled = items.length === 0;
    find('parked').parentElement.hidden = items.length === 0;
    fill('parked', items, ({ id, receivedAt, reason, replays }) => [
      new Date(receivedAt).toLocaleString(),
      reason,
      formatNumber(replays),
      link(id, `${base}/search?checkout=${encodeURIComponent(id)}`),
    ]);
    report('parked-result', problem ?? describeFound(items.length, body.searchedFrom));
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    await search(readFilter(new FormData(form)));
  });
  form.querySelector('button').disabled = false;
  replay?.addEventListener('click', async () => {
    // Another search may show other rows before the operator confirms.
    const shown = { ...filter, ids };
    const isMeant = await isConfirmed({
      title: `Replay ${formatNumber(ids.length)} parked checkouts?`,
      text: 'They are queued again and settled against the current stock.',
      button: 'Replay',
    });
    if (!isMeant) return;
    const { body, problem } = await call(`${base}/parked/replay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(shown),
    });
    await search(filter);
    report('parked-result', problem ?? describeReplayed(body));
  });
}

function readFilter(form) {
  const to = new Date();
  const from = new Date(to.getTime() - Number(form.get('hours')) * HOUR_MS);
  const reason = form.get('reason');
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    ...(reason !== '' && { reason }),
  };
}

function describeFound(count, searchedFrom) {
  const found = count === 1 ? '1 parked checkout' : `${formatNumber(count)} parked checkouts`;
  return `${found} received since ${new Date(searchedFrom).toLocaleString()}.`;
}

function describeReplayed({ replayed, refused }) {
  const done = `${formatNumber(replayed.length)} replayed`;
  if (refused.length === 0) return `${done}.`;
  return `${done}. Not replayed: ${refused.map(({ id, code }) => `${id} (${code})`).join(', ')}.`;
}

function report(id, text) {
  find(id).textContent = text;
}
