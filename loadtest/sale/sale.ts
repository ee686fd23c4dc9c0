/** `npm run sale`: runs a flash sale with k6 on a running system, then prints the verdict. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { onStopSignals } from '../../commands/start/stop-signals.ts';
import { printHelpIfAsked } from '../../shared/runtime/command-line.ts';
import { projectRoot, readEnv } from '../../shared/runtime/env.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { findK6 } from '../../shared/services/k6.ts';
import { checkReachable, openApi } from '../system/api.ts';
import { finalVerdict } from '../system/final-verdict.ts';
import { findSystem } from '../system/running-system.ts';
import { findFailures } from './judge-sale.ts';
import { readSaleOptions, SALE_HELP } from './options.ts';
import { runK6 } from './run-k6.ts';
import { findOversold, prepareTestProducts } from './test-products.ts';

printHelpIfAsked(SALE_HELP);

const COULD_NOT = 2;
const INTERRUPTED = 130;
const CONNECTIONS = 16;
const ID_BYTES = 4;
const stopping = new AbortController();
const log = console.error;

async function main(): Promise<number> {
  const options = readSaleOptions(process.argv.slice(2));
  const env = readEnv();
  const system = await findSystem(options.system, env);
  const { signal } = stopping;
  onStopSignals({
    onStop: () => stopping.abort(new Error('interrupted')),
    onHurry: () => process.exit(INTERRUPTED),
    log,
  });
  const k6 = await findK6({ cacheDir: env.cacheDir, log });
  const saleId = `sale-${randomBytes(ID_BYTES).toString('hex')}`;
  const report = join(projectRoot, 'reports', `${saleId}-${timeForFile()}.html`);
  const api = openApi(system, CONNECTIONS);
  try {
    await checkReachable(api);
    const products = await prepareTestProducts(api, saleId, options);
    log(`${saleId}: ${k6.path} ${k6.version}; ${[...products.values()].flat().length} products`);
    signal.throwIfAborted();
    const startedAt = new Date();
    const run = { k6: k6.path, saleId, system, options, products, report, signal };
    const done = await runK6({ ...run, output: 'inherit' });
    log('k6 has finished; waiting for the last outcomes, then taking the verdict');
    const verdict = await finalVerdict(api, startedAt);
    const oversold = await findOversold(api, products);
    const complaints = findFailures({ k6: done, verdict, oversold });
    console.log(`k6 counted ${JSON.stringify(done.counts)}; report: ${report}`);
    for (const complaint of complaints) console.log(`FAILED: ${complaint}`);
    console.log(JSON.stringify(verdict));
    if (signal.aborted) return INTERRUPTED;
    return complaints.length === 0 ? 0 : 1;
  } finally {
    api.close();
  }
}

function timeForFile(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(':', '');
}

try {
  process.exit(await main());
} catch (error) {
  log(errorMessage(error));
  process.exit(stopping.signal.aborted ? INTERRUPTED : COULD_NOT);
}
