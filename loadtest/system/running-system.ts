import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Env } from '../../shared/runtime/env.ts';

/** An API key, and the secret that signs its requests. */
export interface SigningKey {
  readonly apiKey: string;
  readonly keyId: string;
  readonly secret: string;
}

/** The address of a running system, with the credentials of a shop and of an operator. */
export interface RunningSystem {
  readonly apiUrl: string;
  readonly apiKey: string;
  /** A signing key, if the system's file contains one. */
  readonly signing?: SigningKey | undefined;
  readonly ops: { readonly username: string; readonly password: string };
}

/** Flags of commands that drive a running system, for `parseArgs`. */
export const SYSTEM_FLAGS = {
  'api-url': { type: 'string' },
  'api-key': { type: 'string' },
  'ops-username': { type: 'string' },
  'ops-password': { type: 'string' },
} as const;

/** The help text for these flags. */
export const SYSTEM_FLAGS_HELP = `By default the command uses the system that npm start runs on DATA_DIR (described in demo.json there).
To use another system:
  --api-url URL --api-key KEY         a key with all scopes of a shop, which will own the products
  --ops-username U --ops-password P   for the verdict; default: OPS_USERNAME and OPS_PASSWORD`;

/** The values of these flags. */
export type SystemFlags = { readonly [Flag in keyof typeof SYSTEM_FLAGS]?: string | undefined };

const demoFile = z.object({
  apiUrl: z.string(),
  seller: z.object({ apiKey: z.string() }),
  signing: z.object({ apiKey: z.string(), keyId: z.string(), secret: z.string() }).optional(),
  ops: z.object({ username: z.string(), password: z.string() }),
});

/**
 * Returns the system that the flags and the environment name. Missing values come from the file
 * that `npm start` wrote.
 * @throws Error naming what is missing
 */
export async function findSystem(
  flags: SystemFlags,
  env: Pick<Env, 'dataDir' | 'opsUsername' | 'opsPassword'>,
): Promise<RunningSystem> {
  const { 'api-url': apiUrl, 'api-key': apiKey } = flags;
  const username = flags['ops-username'] ?? env.opsUsername;
  const password = flags['ops-password'] ?? env.opsPassword;
  if (apiUrl !== undefined && apiKey !== undefined && username && password) {
    return { apiUrl: withoutSlash(apiUrl), apiKey, ops: { username, password } };
  }
  const demo = await readDemoFile(env.dataDir);
  return {
    apiUrl: withoutSlash(apiUrl ?? demo.apiUrl),
    apiKey: apiKey ?? demo.seller.apiKey,
    ...(demo.signing === undefined ? {} : { signing: demo.signing }),
    ops: { username: username ?? demo.ops.username, password: password ?? demo.ops.password },
  };
}

async function readDemoFile(dataDir: string): Promise<z.output<typeof demoFile>> {
  const path = join(dataDir, 'demo.json');
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(
      `Nothing runs on ${dataDir}. Start it with npm start, or name a system with --api-url, ` +
        '--api-key, --ops-username and --ops-password.',
    );
  });
  const parsed = demoFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join('.') || 'its content';
  throw new Error(`${path} does not describe a running system: ${field} is missing or wrong.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withoutSlash(url: string): string {
  if (!URL.canParse(url)) throw new Error(`${url} is not a URL`);
  return url.replace(/\/+$/, '');
}
