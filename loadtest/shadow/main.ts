/** `npm run shadow`: judges the orders of another shop, and decides them as Lastunit would. */
import { writeFileAtomic } from '../../shared/runtime/write-file.ts';
import { BrokenRows } from '../replay/csv/broken-rows.ts';
import { runLoadCommand } from '../run-load-command.ts';
import { generateFeed } from './generate-feed.ts';
import { judgeFeed } from './judge-feed.ts';
import {
  type GenerateOptions,
  readShadowOptions,
  SHADOW_HELP,
  type ShadowOptions,
} from './options.ts';
import { readFeed } from './read-feed.ts';
import { describe, describeFinding, toFigures, toFirstStock } from './report.ts';

await runLoadCommand(SHADOW_HELP, 'stopping', async () => {
  const options = readShadowOptions(process.argv.slice(2));
  return 'generate' in options ? generate(options) : judge(options);
});

async function generate({ generate: path, ...plan }: GenerateOptions): Promise<number> {
  const { csv, oversold, wronglyRefused } = generateFeed(plan);
  await writeFileAtomic(path, csv);
  console.log(
    `${path}: ${plan.orders} orders, of which the shop oversold ${oversold.length} and wrongly ` +
      `refused ${wronglyRefused.length}. Judge them: npm run shadow -- --feed ${path}`,
  );
  return 0;
}

async function judge(options: ShadowOptions): Promise<number> {
  const broken = new BrokenRows(console.error);
  const events = await readFeed(options.feed, broken);
  if (broken.count > 0 && options.onError === 'stop') {
    throw new Error(`broken lines: ${broken.count}; use --on-error skip to skip them`);
  }
  const judgement = judgeFeed(events, toFirstStock(options.stock, events));
  if (judgement.orders === 0) throw new Error('the feed has no orders');
  const { findings, lastunit } = judgement;
  if (findings.length + lastunit.placed + lastunit.refused === 0) {
    throw new Error(
      'no order can be judged: each has a SKU without an earlier stock line; --stock sets the units of these SKUs',
    );
  }
  if (options.out !== undefined) {
    const lines = findings.map((finding) => `${JSON.stringify(finding)}\n`);
    await writeFileAtomic(options.out, lines.join(''));
  }
  for (const finding of findings.slice(0, options.list)) console.log(describeFinding(finding));
  if (findings.length > options.list) {
    console.log(`and ${findings.length - options.list} more; --out FILE writes all`);
  }
  const figures = toFigures(judgement, broken.count);
  for (const line of describe(figures)) console.log(line);
  console.log(JSON.stringify(figures));
  return findings.length === 0 ? 0 : 1;
}
