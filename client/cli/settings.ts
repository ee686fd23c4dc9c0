import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The settings that `lastunit login` stores. */
export interface Settings {
  readonly baseUrl: string;
  readonly apiKey: string;
  /**
   * Signs the events of `lastunit listen`. Stored by a login; without one, each run has a new
   * secret.
   */
  readonly webhookSecret: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SECRET_BYTES = 32;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Returns the path of the settings: below XDG_CONFIG_HOME, or in ~/.config. */
export function settingsPath(env: Environment): string {
  const folder = env['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  return join(folder, 'lastunit', 'config.json');
}

/**
 * Stores a URL and a key with a new secret in a file that only its owner can read. Returns the path
 * of the file.
 */
export async function saveSettings(
  env: Environment,
  { baseUrl, apiKey }: Omit<Settings, 'webhookSecret'>,
): Promise<string> {
  const path = settingsPath(env);
  const webhookSecret = newSecret();
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  const text = `${JSON.stringify({ baseUrl, apiKey, webhookSecret }, undefined, 2)}\n`;
  // Writing to an existing file would keep its mode.
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode: FILE_MODE });
  await rename(temporary, path);
  return path;
}

/**
 * Reads the settings. LASTUNIT_URL, LASTUNIT_API_KEY and LASTUNIT_WEBHOOK_SECRET override the file.
 * @throws Error if the URL or the key is missing, or the file is not valid
 */
export async function readSettings(env: Environment): Promise<Settings> {
  const stored = await readStored(settingsPath(env));
  const baseUrl = env['LASTUNIT_URL'] || stored.baseUrl;
  const apiKey = env['LASTUNIT_API_KEY'] || stored.apiKey;
  if (baseUrl === undefined || apiKey === undefined) {
    throw new Error('run lastunit login first, or set LASTUNIT_URL and LASTUNIT_API_KEY');
  }
  const webhookSecret = env['LASTUNIT_WEBHOOK_SECRET'] || stored.webhookSecret || newSecret();
  return { baseUrl, apiKey, webhookSecret };
}

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

async function readStored(path: string): Promise<Partial<Settings>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  const stored = parseJson(text);
  if (typeof stored !== 'object' || stored === null) throw new Error(`${path} is not valid`);
  const members = new Map<string, unknown>(Object.entries(stored));
  const read = (name: keyof Settings) => {
    const value = members.get(name);
    return typeof value === 'string' ? { [name]: value } : {};
  };
  return { ...read('baseUrl'), ...read('apiKey'), ...read('webhookSecret') };
}

/** Returns undefined if the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
