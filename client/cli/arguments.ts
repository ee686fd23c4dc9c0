import { parseArgs } from 'node:util';
import type { EventPattern } from '../generated/schema.ts';
import { isTrigger, TRIGGERS, type TriggerName } from './trigger.ts';

/** A parsed command line. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | { readonly name: 'login'; readonly url: string }
  | (Following & { readonly name: 'listen'; readonly forwardTo: string })
  | (Following & { readonly name: 'tail'; readonly isJson: boolean })
  | { readonly name: 'trigger'; readonly event: TriggerName };

interface Following {
  readonly type: EventPattern | undefined;
  readonly since: Date | undefined;
}

export const HELP = `
lastunit COMMAND: works with the events of a shop on a Lastunit API.

  login --url URL
      Reads an API key from the standard input, checks it, and stores it with the URL in
      ~/.config/lastunit/config.json, which only you can read. LASTUNIT_URL and LASTUNIT_API_KEY
      override the file.
  listen --forward-to URL [--type PATTERN] [--since TIME]
      Posts each event of the shop to URL, for example http://localhost:4000/webhooks, signed as
      webhooks are. Prints the secret to verify them with. No tunnel is needed.
  tail [--type PATTERN] [--since TIME] [--json]
      Prints each event of the shop.
  trigger EVENT
      Makes an event really happen, on a product created for it. Only outside production. EVENT is one of
      ${Object.keys(TRIGGERS).join(', ')}.

  --help, --version

PATTERN is a type such as order.confirmed, or all types of a subject such as order.*; TIME is like
2030-01-31T12:00:00Z, and by default now. The key needs the scope webhooks:write; for trigger also
catalog:write, inventory:write, checkouts:write and orders:write.`;

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const OPTIONS = {
  ...{ url: TEXT, 'forward-to': TEXT, type: TEXT, since: TEXT, json: FLAG },
  help: { ...FLAG, short: 'h' },
} as const;

/** The flags of each command. */
const FLAGS = {
  login: ['url'],
  listen: ['forward-to', 'type', 'since'],
  tail: ['type', 'since', 'json'],
  trigger: [],
} as const;

/** @throws Error naming the unknown command, or the invalid or missing argument */
export function parseCommand(args: readonly string[]): Command {
  const [name, ...rest] = args;
  if (name === undefined || ['--help', '-h', 'help'].includes(name)) return { name: 'help' };
  if (['--version', '-v', 'version'].includes(name)) return { name: 'version' };
  if (!isCommand(name)) throw new Error(`there is no command ${name}; see lastunit --help`);
  const { values, positionals } = parseArgs({
    args: [...rest],
    allowPositionals: true,
    options: OPTIONS,
  });
  if (values.help) return { name: 'help' };
  refuseOthers(name, values);
  // The API knows the event types, and names them if `--type` is not one of them.
  const following = () => ({
    type: values.type as EventPattern | undefined,
    since: parseTime(values.since),
  });
  if (name === 'trigger') return { name, event: parseTrigger(positionals) };
  if (positionals.length > 0) throw new Error(`${name} takes no ${positionals.join(' ')}`);
  if (name === 'login') return { name, url: parseUrl('url', values.url) };
  if (name === 'tail') return { name, isJson: values.json ?? false, ...following() };
  return { name, forwardTo: parseUrl('forward-to', values['forward-to']), ...following() };
}

function isCommand(name: string): name is keyof typeof FLAGS {
  return Object.hasOwn(FLAGS, name);
}

/** @throws Error naming a flag that belongs to another command */
function refuseOthers(name: keyof typeof FLAGS, values: Readonly<Record<string, unknown>>): void {
  const own: readonly string[] = FLAGS[name];
  const other = Object.keys(values).find((flag) => !own.includes(flag));
  if (other !== undefined) throw new Error(`${name} takes no --${other}`);
}

function parseTrigger(positionals: readonly string[]): TriggerName {
  const [event = 'none', ...others] = positionals;
  if (others.length === 0 && isTrigger(event)) return event;
  throw new Error(
    `trigger takes one of ${Object.keys(TRIGGERS).join(', ')}; not ${positionals.join(' ') || 'none'}`,
  );
}

function parseUrl(flag: string, text: string | undefined): string {
  if (text !== undefined && URL.canParse(text) && /^https?:/.test(text)) return text;
  const form = 'a URL like http://127.0.0.1:3000';
  if (text === undefined) throw new Error(`--${flag} is missing: ${form}`);
  throw new Error(`--${flag} must be ${form}, not ${text}`);
}

function parseTime(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  throw new Error(`--since must be a time like 2030-01-31T12:00:00Z, not ${text}`);
}
