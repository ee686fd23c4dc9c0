import type { Readable } from 'node:stream';

/** The options given with a command, by name. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

/** A command for operators. */
export interface AdminCommand {
  /** Its options as a person writes them. */
  readonly usage: string;
  readonly help: string;
  /** The name of the command's only positional argument. */
  readonly argument?: string;
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** Runs the command. Returns what to print: a text, or a value to print as JSON. */
  readonly run: (given: Given, stdin: Readable) => unknown;
}

/** @throws Error if the option or the argument was not given */
export function required(given: Given, name: string): string {
  const value = optional(given, name);
  if (value !== undefined) return value;
  throw new Error(`${toWritten(name)} is needed: npm run admin -- --help`);
}

/** Returns the value of an option; undefined if it was not given. */
export function optional(given: Given, name: string): string | undefined {
  const value = given[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Arguments are upper case in `usage`, and options have two dashes. */
function toWritten(name: string): string {
  return name === name.toUpperCase() ? name : `--${name}`;
}
