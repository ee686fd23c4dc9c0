/** `npm run storefront`: a small shop for the system of `npm start`. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { serve } from '@hono/node-server';
import { z } from 'zod';
import { createStorefront } from './app.ts';

const HELP = `
npm run storefront [-- --demo FILE] [--port N]: a small shop, made with the client, for the system
that npm start runs. FILE is its demo.json, .data/demo.json by default; N is 3100 by default.`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  demo: { type: 'string', default: '.data/demo.json' },
  port: { type: 'string', default: '3100' },
} as const;
const PORT_MAX = 65_535;

const demoFile = z.object({ apiUrl: z.string(), storefront: z.object({ apiKey: z.string() }) });

/** @throws Error with a message for people */
async function start(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(HELP.trim());
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port < 1 || port > PORT_MAX) {
    throw new Error(`--port must be a whole number from 1 to ${PORT_MAX}, not ${values.port}`);
  }
  const { apiUrl, storefront } = await readDemo(values.demo);
  const connection = { baseUrl: apiUrl, apiKey: storefront.apiKey };
  const { fetch } = createStorefront({ connection, secret: randomBytes(32).toString('hex') });
  const server = serve({ fetch, hostname: '127.0.0.1', port }, () => {
    console.log(`The storefront is at http://127.0.0.1:${port}`);
  });
  server.once('error', fail);
}

async function readDemo(path: string): Promise<z.output<typeof demoFile>> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error(`${path} cannot be read. Run npm start first.`);
  try {
    return demoFile.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} is not the file that npm start writes.`);
  }
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

await start().catch(fail);
