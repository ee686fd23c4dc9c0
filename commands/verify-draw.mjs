// Verifies a draw by its public data. It deliberately shares no code with the product.
import { createHash, createHmac } from 'node:crypto';
import { parseArgs } from 'node:util';

const HELP = `Usage: npm run verify-draw -- ID [--url URL]

Reads a closed draw from the public API, computes its order again from its seed, and compares.
  ID          the draw
  --url URL   the address of the API, by default http://127.0.0.1:3000
Exits with 0 if the draw follows from its seed, and with 1 if it does not, is not closed or cannot be
read.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string', default: 'http://127.0.0.1:3000' }, help: { type: 'boolean' } },
});

const api = `${values.url.replace(/\/$/, '')}/v1/draws/${positionals[0]}`;

async function readJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url} returned ${response.status}`);
  return response.json();
}

/** Returns all items of a list of the draw, page by page. */
async function readAll(list) {
  const items = [];
  let page = { nextCursor: '' };
  while (page.nextCursor !== null) {
    const query = page.nextCursor && `?cursor=${encodeURIComponent(page.nextCursor)}`;
    page = await readJson(`${api}/${list}${query}`);
    items.push(...page.items);
  }
  return items;
}

function findFaults(draw, entries, drawn) {
  const seed = Buffer.from(draw.seed, 'hex');
  const faults = [];
  if (createHash('sha256').update(seed).digest('hex') !== draw.seedHash) {
    faults.push('the seed does not match its hash');
  }
  if (entries.length !== draw.entryCount || new Set(entries).size !== entries.length) {
    faults.push('entries are missing or duplicated');
  }
  const order = entries
    .map((id) => [createHmac('sha256', seed).update(id).digest('hex'), id])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, id]) => id);
  const front = order.slice(0, drawn.length);
  const ids = new Set(drawn.map(({ id }) => id));
  const skipped = front.filter((id) => !ids.has(id));
  if (skipped.length > 0) faults.push(`${skipped.length} entries were skipped without a reason`);
  else if (drawn.some(({ id }, index) => id !== front[index])) {
    faults.push('the drawn entries are not in the order of the seed');
  }
  const placed = drawn.filter(({ outcome }) => outcome === 'placed').map(({ id }) => id);
  // Entries may have won since the draw was read.
  const published = new Set(draw.winners);
  if (placed.filter((id) => published.has(id)).join() !== draw.winners.join()) {
    faults.push('the winners are not in the order of the seed');
  }
  if (draw.status === 'settled' && placed.length !== draw.winnerCount) {
    faults.push('the number of winners differs from the number of drawn entries that were placed');
  }
  return faults;
}

async function main() {
  if (values.help) return console.log(HELP);
  if (positionals.length !== 1) throw new Error(`Name one draw.\n${HELP}`);
  const draw = await readJson(api);
  if (draw.seed === undefined) throw new Error(`the draw is ${draw.status}, not closed`);
  const entries = await readAll('entries');
  const drawn = await readAll('drawn');
  const faults = findFaults(draw, entries, drawn);
  if (faults.length > 0) throw new Error(faults.join('; '));
  const counts = `${entries.length} entries, ${draw.winnerCount} winners`;
  console.log(`${draw.id}: ${counts}, in the order of the seed ${draw.seed}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
