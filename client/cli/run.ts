import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Event } from '../generated/schema.ts';
import { Lastunit } from '../lastunit.ts';
import { HELP, parseCommand } from './arguments.ts';
import { followEvents } from './follow-events.ts';
import { forwardEvent } from './forward.ts';
import { readSettings, saveSettings } from './settings.ts';
import { trigger } from './trigger.ts';

/** The input and output of a command. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: Readable;
  readonly signal: AbortSignal;
  /** Prints a line of the result. */
  readonly print: (line: string) => void;
  /** Prints a line that is not part of the result. */
  readonly note: (line: string) => void;
}

type Following = Pick<Parameters<typeof followEvents>[1], 'type' | 'since'>;

/**
 * Runs a command line. `listen` and `tail` run until the signal aborts.
 * @throws Error naming what is wrong
 */
export async function run(args: readonly string[], context: CliContext): Promise<void> {
  const command = parseCommand(args);
  if (command.name === 'help') return context.print(HELP.trim());
  if (command.name === 'version') return context.print(await readVersion());
  if (command.name === 'login') return logIn(command.url, context);
  const { baseUrl, apiKey, webhookSecret } = await readSettings(context.env);
  const lastunit = new Lastunit({ baseUrl, apiKey });
  if (command.name === 'trigger') {
    return context.print(`${command.event} ${await trigger(lastunit, command.event)}`);
  }
  if (command.name === 'tail') {
    for await (const event of follow(lastunit, command, context)) {
      context.print(command.isJson ? JSON.stringify(event) : describe(event));
    }
    return;
  }
  context.note(`Events of ${baseUrl} go to ${command.forwardTo}; verify them with this secret:`);
  context.print(webhookSecret);
  const target = { url: command.forwardTo, secret: webhookSecret, signal: context.signal };
  for await (const event of follow(lastunit, command, context)) {
    const result = await forwardEvent(event, target);
    context.print(`${describe(event)} -> ${result}`);
  }
}

/** Reads the version of the package, whose compiled files are two folders deep. */
async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version }: { readonly version: string } = JSON.parse(text);
  return version;
}

/** Checks the key by listing events, as `listen` and `tail` do, and stores it. */
async function logIn(baseUrl: string, { env, input, print, note }: CliContext): Promise<void> {
  note('Enter an API key of the shop:');
  const apiKey = await readLine(input);
  await new Lastunit({ baseUrl, apiKey, retries: 0 }).events.list({ limit: 1 }).page();
  print(`stored in ${await saveSettings(env, { baseUrl, apiKey })}`);
}

async function readLine(input: Readable): Promise<string> {
  const lines = createInterface({ input });
  for await (const line of lines) {
    lines.close();
    if (line.trim() !== '') return line.trim();
    break;
  }
  throw new Error('no API key was entered');
}

function follow(lastunit: Lastunit, { type, since }: Following, { signal, note }: CliContext) {
  const onFault = (error: unknown) => note(`trying again: ${String(error)}`);
  return followEvents(lastunit, { type, since, signal, onFault });
}

function describe({ timestamp, type, id, data }: Event): string {
  return `${timestamp} ${type} ${id} ${data.subjectId}`;
}
