import { parseArgs } from 'node:util';
import type { EventPattern } from '../generated/schema.ts';
import { isTrigger, TRIGGERS, type TriggerName } from './trigger.ts';

/** A parsed command line. */
export type Command =
  | { readonly name: 'help' }
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
      Reads an API key from the standard input, checks it, and stores both in
      ~/.config/lastunit/config.json, which only you can read. LASTUNIT_URL and LASTUNIT_API_KEY
      override the file.
  listen --forward-to URL [--type PATTERN] [--since TIME]
      Posts each event of the shop to URL, for example http://localhost:4000/webhooks, signed as
      webhooks are. Prints the secret to verify them with. No tunnel is needed.
  tail [--type PATTERN] [--since TIME] [--json]
      Prints each event of the shop.
  trigger EVENT
      Makes an event really happen, on a product made for it. Only outside production. EVENT is one of
      ${Object.keys(TRIGGERS).join(', ')}.

PATTERN is a type such as order.confirmed, or all types of a subject such as order.*; TIME is like
2030-01-31T12:00:00Z, and by default now. The key needs the scope webhooks:write; for trigger also
catalog:write, inventory:write, checkouts:write and orders:write.`;

/** @throws Error naming what is wrong */
export function parseCommand(args: readonly string[]): Command {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === 'help') return { name: 'help' };
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...rest],
    allowPositionals: true,
    options: {
      url: text,
      'forward-to': text,
      type: text,
      since: text,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { name: 'help' };
  // The API knows its types, and names them if this one is wrong.
  const following = () => ({
    type: values.type as EventPattern | undefined,
    since: parseTime(values.since),
  });
  if (name === 'trigger') return { name, event: parseTrigger(positionals) };
  if (positionals.length > 0) throw new Error(`${name} takes no ${positionals.join(' ')}`);
  if (name === 'login') return { name, url: parseUrl('url', values.url) };
  if (name === 'tail') return { name, isJson: values.json, ...following() };
  if (name === 'listen') {
    return { name, forwardTo: parseUrl('forward-to', values['forward-to']), ...following() };
  }
  throw new Error(`there is no command ${name}; see lastunit --help`);
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
  throw new Error(`--${flag} must be a URL like http://127.0.0.1:3000, not ${text ?? 'missing'}`);
}

function parseTime(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  throw new Error(`--since must be a time like 2030-01-31T12:00:00Z, not ${text}`);
}
