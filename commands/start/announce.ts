import { redact } from '../../shared/runtime/redact.ts';
import type { Demo } from '../seed.ts';

type Announcement = {
  apiUrl: string;
  ops: { username: string; passwordFile?: string };
  mongodb: { url: string; origin: string };
  redis: { url: string; origin: string };
  dataDir: string;
  demoFile?: string;
  demo?: Demo;
};

/** Returns the text that `npm start` prints when the system is ready. */
export function announcement(about: Announcement): string {
  const { apiUrl, ops, mongodb, redis, demo } = about;
  const password = ops.passwordFile
    ? `password in ${ops.passwordFile}`
    : 'password from OPS_PASSWORD';
  const rows = [
    ['API', apiUrl],
    ['Documentation', `${apiUrl}/docs`],
    ['Observatory', `${apiUrl}/ops   (user ${ops.username}, ${password})`],
    ['Queues', `${apiUrl}/ops/queues   (the same user)`],
    ['MongoDB', `${redact(mongodb.url)}   (${mongodb.origin})`],
    ['Redis', `${redact(redis.url)}   (${redis.origin})`],
    ['Data and logs', about.dataDir],
    ...(about.demoFile ? [['Demo shop', `credentials in ${about.demoFile}`]] : []),
  ];
  const table = rows.map(([name = '', value = '']) => `  ${name.padEnd(15)}${value}`);
  const lines = [`Lastunit is ready: ${apiUrl}`, ...table];
  if (demo) lines.push('', ...tryIt(apiUrl, demo));
  return [...lines, '', 'Press Ctrl-C to stop. The data stays.'].join('\n');
}

function tryIt(apiUrl: string, demo: Demo): string[] {
  const key = `-H 'X-Api-Key: ${demo.storefront.apiKey}'`;
  const body = JSON.stringify({
    buyerId: 'buyer-1',
    lines: [{ variantId: demo.variantId, quantity: 1 }],
  });
  return [
    'Place a checkout:',
    `curl -sS ${apiUrl}/v1/checkouts ${key} -H 'Content-Type: application/json' ` +
      `-H "Idempotency-Key: demo-$(date +%s)" -d '${body}'`,
    'Wait for its outcome (with the id from the response):',
    `curl -sS ${apiUrl}/v1/checkouts/ID ${key} -H 'Prefer: wait=10'`,
  ];
}
