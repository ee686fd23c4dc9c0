/** `npm run storefront`: a small shop for the system of `npm start`. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { serve } from '@hono/node-server';
import { z } from 'zod';
import { Lastunit } from '../../client/index.ts';
import { createStorefront } from './app.ts';

const HELP = `
npm run storefront [-- --demo FILE] [--port N]: a small shop, made with the client, for the system
that npm start runs. FILE is its demo.json (.data/demo.json), N is 3100.`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h' },
    demo: { type: 'string', default: '.data/demo.json' },
    port: { type: 'string', default: '3100' },
  },
});

const demoFile = z.object({ apiUrl: z.string(), storefront: z.object({ apiKey: z.string() }) });

if (values.help) {
  console.log(HELP.trim());
} else {
  const text = await readFile(values.demo, 'utf8').catch(() => undefined);
  if (text === undefined) {
    console.error(`${values.demo} cannot be read. Run npm start first.`);
    process.exit(1);
  }
  const { apiUrl, storefront } = demoFile.parse(JSON.parse(text));
  const lastunit = new Lastunit({ baseUrl: apiUrl, apiKey: storefront.apiKey });
  const { fetch } = createStorefront({ lastunit, secret: randomBytes(32).toString('hex') });
  serve({ fetch, hostname: '127.0.0.1', port: Number(values.port) }, ({ port }) => {
    console.log(`The storefront is at http://127.0.0.1:${port}`);
  });
}
