/** `npm run sale`: runs a flash sale with k6 on a running system, then prints the verdict. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { projectRoot } from '../../shared/runtime/env.ts';
import { findK6 } from '../../shared/services/k6.ts';
import { describeResult, findFailures } from '../k6/judge-run.ts';
import { describeLoad } from '../k6/phases.ts';
import { runK6 } from '../k6/run-k6.ts';
import { findOversold, prepareTestProducts } from '../k6/test-products.ts';
import { INTERRUPTED, runLoadCommand } from '../run-load-command.ts';
import { openAnnotations } from '../system/annotate.ts';
import { checkReachable, openApi } from '../system/api.ts';
import { finalVerdict } from '../system/final-verdict.ts';
import { findSystem } from '../system/running-system.ts';
import { readSaleOptions, SALE_HELP } from './options.ts';

const CONNECTIONS = 16;
const ID_BYTES = 4;
const log = console.error;

await runLoadCommand(SALE_HELP, 'stopping the sale', async (env, signal) => {
  const options = readSaleOptions(process.argv.slice(2));
  const system = await findSystem(options.system, env);
  const k6 = await findK6({ cacheDir: env.cacheDir, log });
  const saleId = `sale-${randomBytes(ID_BYTES).toString('hex')}`;
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '');
  const report = join(projectRoot, 'reports', `${saleId}-${time}.html`);
  const api = openApi(system, CONNECTIONS);
  const annotate = openAnnotations(api, log);
  try {
    await checkReachable(api);
    const products = await prepareTestProducts(api, saleId, options.phases);
    log(`${saleId}: ${k6.path} ${k6.version}; ${[...products.values()].flat().length} products`);
    signal.throwIfAborted();
    const startedAt = new Date();
    const { phases, isSigned } = options;
    await annotate(`sale: ${describeLoad(phases)}`);
    const run = { k6: k6.path, runId: saleId, system, phases, isSigned, products, report, signal };
    const result = await runK6({ ...run, output: 'inherit' });
    log('k6 has finished; waiting for the last outcomes, then taking the verdict');
    const verdict = await finalVerdict(api, startedAt);
    const oversold = await findOversold(api, products);
    const failures = findFailures({ k6: result, verdict, oversold });
    await annotate(`sale: ${describeResult({ failures, verdict })}`);
    console.log(`k6 counted ${JSON.stringify(result.counts)}; report: ${report}`);
    for (const failure of failures) console.log(`FAILED: ${failure}`);
    console.log(JSON.stringify(verdict));
    if (signal.aborted) return INTERRUPTED;
    return failures.length === 0 ? 0 : 1;
  } finally {
    api.close();
  }
});
