/* Computes a draw again from its public data. Needs no library. */
const id = location.pathname.split('/').filter(Boolean).at(-1);
const api = new URL(`../v1/draws/${id}`, location.href);
const HASHED_AT_A_TIME = 500;

const toHex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
const toBytes = (hex) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

async function readJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The server returned status ${response.status}.`);
  return response.json();
}

/** Reads all pages of a list. */
async function readAll(list) {
  const items = [];
  let cursor = null;
  do {
    const page = new URL(`${api.href}/${list}`);
    if (cursor) page.searchParams.set('cursor', cursor);
    const answer = await readJson(page);
    items.push(...answer.items);
    cursor = answer.nextCursor;
    show(`Reading the entries: ${items.length}…`);
  } while (cursor);
  return items;
}

async function sortEntries(seed, entries) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', toBytes(seed), algorithm, false, ['sign']);
  const encoder = new TextEncoder();
  const hashed = [];
  for (let at = 0; at < entries.length; at += HASHED_AT_A_TIME) {
    const chunk = entries.slice(at, at + HASHED_AT_A_TIME).map(async (entry) => {
      const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(entry));
      return { entry, hash: toHex(signature) };
    });
    hashed.push(...(await Promise.all(chunk)));
    show(`Computing the order: ${hashed.length} of ${entries.length}…`);
  }
  return hashed.sort((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ entry }) => entry);
}

/** Returns what is wrong with a closed draw. */
async function findFaults(draw, entries, drawn) {
  const faults = [];
  const seedHash = toHex(await crypto.subtle.digest('SHA-256', toBytes(draw.seed)));
  if (seedHash !== draw.seedHash) faults.push('The seed does not match its hash.');
  if (new Set(entries).size !== draw.entryCount) faults.push('Entries are missing or duplicated.');
  const order = await sortEntries(draw.seed, entries);
  const front = order.slice(0, drawn.length);
  const ids = new Set(drawn.map(({ id: entry }) => entry));
  const skipped = front.filter((entry) => !ids.has(entry));
  if (skipped.length > 0) faults.push(`${skipped.length} entries were skipped without a reason.`);
  else if (drawn.some(({ id: entry }, index) => entry !== front[index])) {
    faults.push('The drawn entries are not in the order of the seed.');
  }
  const placed = drawn.filter(({ outcome }) => outcome === 'placed').map(({ id: entry }) => entry);
  // Entries may have won since the draw was read.
  const named = new Set(draw.winners);
  if (placed.filter((entry) => named.has(entry)).join() !== draw.winners.join()) {
    faults.push('The winners are not in the order of the seed.');
  }
  if (draw.status === 'settled' && placed.length !== draw.winnerCount) {
    faults.push('The winners are not those that were drawn.');
  }
  return faults;
}

function show(text, result) {
  const verdict = document.getElementById('verdict');
  verdict.textContent = text;
  if (result !== undefined) verdict.dataset.result = String(result);
}

function list(elementId, texts) {
  document.getElementById(elementId).replaceChildren(
    ...texts.map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
}

/** Returns a list item for the entries that are not listed; none if all are listed. */
function countUnlisted(count, listed) {
  return count > listed.length ? [`and ${count - listed.length} more`] : [];
}

function showFacts(draw) {
  const facts = {
    Draw: draw.id,
    Status: draw.status,
    Units: draw.quantity,
    Entries: draw.entryCount,
    Opens: draw.opensAt,
    Closes: draw.closesAt,
    'Hash of the seed': draw.seedHash,
    Seed: draw.seed ?? 'published when the draw closes',
  };
  const rows = Object.entries(facts).flatMap(([name, value]) => {
    const [term, detail] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    detail.textContent = String(value);
    return [term, detail];
  });
  document.getElementById('facts').replaceChildren(...rows);
}

async function check() {
  const draw = await readJson(api);
  showFacts(draw);
  if (!draw.seed) return show('This draw can be checked once it has closed.');
  list('winners', [...draw.winners, ...countUnlisted(draw.winnerCount, draw.winners)]);
  const passed = draw.passedOver.map((entry) => `${entry.id}: ${entry.code}`);
  list('passed', [...passed, ...countUnlisted(draw.passedOverCount, passed)]);
  const entries = draw.entries ?? (await readAll('entries'));
  const faults = await findFaults(draw, entries, await readAll('drawn'));
  if (faults.length > 0) return show(faults.join(' '), false);
  show('Checked: the winners follow from the committed seed.', true);
}

check().catch((error) => show(`The draw could not be checked. ${error.message}`, false));
