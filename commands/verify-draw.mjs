// Computes a draw again from its public data. It deliberately imports nothing of the product.
import { createHash, createHmac } from 'node:crypto';
import { parseArgs } from 'node:util';

const HELP = `Usage: npm run verify-draw -- ID [--url URL]

Reads a closed draw from the public API, computes its order again from its seed, and compares.
  ID          the draw
  --url URL   the address of the API (http://127.0.0.1:3000)
Exits with 0 if the draw is what its seed says, and with 1 if it is not or is not closed.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string', default: 'http://127.0.0.1:3000' }, help: { type: 'boolean' } },
});

const api = `${values.url.replace(/\/$/, '')}/v1/draws/${positionals[0]}`;

async function readJson(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} was answered ${response.status}`);
  return response.json();
}

async function readEntries() {
  const entries = [];
  let page = { nextCursor: '' };
  while (page.nextCursor !== null) {
    const query = page.nextCursor && `?cursor=${encodeURIComponent(page.nextCursor)}`;
    page = await readJson(`${api}/entries${query}`);
    entries.push(...page.items);
  }
  return entries;
}

function findFaults(draw, entries) {
  const seed = Buffer.from(draw.seed, 'hex');
  const faults = [];
  if (createHash('sha256').update(seed).digest('hex') !== draw.seedHash) {
    faults.push('the seed is not the one that was committed to');
  }
  if (entries.length !== draw.entryCount || new Set(entries).size !== entries.length) {
    faults.push('entries are missing or doubled');
  }
  const order = entries
    .map((id) => [createHmac('sha256', seed).update(id).digest('hex'), id])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, id]) => id);
  const won = new Set(draw.winners);
  const passed = new Set(draw.passedOver.map(({ id }) => id));
  const front = order.slice(0, order.findLastIndex((id) => won.has(id)) + 1);
  if (front.filter((id) => won.has(id)).join() !== draw.winners.join()) {
    faults.push('the winners are not in the order of the seed');
  }
  const skipped = front.filter((id) => !won.has(id) && !passed.has(id));
  if (skipped.length > 0) faults.push(`${skipped.length} entries were skipped without a reason`);
  return faults;
}

async function main() {
  if (values.help) return console.log(HELP);
  if (positionals.length !== 1) throw new Error(`one draw, please\n${HELP}`);
  const draw = await readJson(api);
  if (draw.seed === undefined) throw new Error(`the draw is ${draw.status}, not closed`);
  const entries = await readEntries();
  const faults = findFaults(draw, entries);
  if (faults.length > 0) throw new Error(faults.join('; '));
  const counts = `${entries.length} entries, ${draw.winners.length} winners`;
  console.log(`${draw.id}: ${counts}, as the seed ${draw.seed} says`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
