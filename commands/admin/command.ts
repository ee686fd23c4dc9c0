import type { Readable } from 'node:stream';

/** The values of a command's options and of its argument, by name. */
export type CommandValues = Readonly<Record<string, string | boolean | undefined>>;

/** A command for operators. */
export interface AdminCommand {
  /** The argument and options of the command, as shown in the help. */
  readonly usage: string;
  readonly help: string;
  /** The name of the command's only positional argument. */
  readonly argument?: string;
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** Runs the command. Returns what to print: a text, or a value to print as JSON. */
  readonly run: (values: CommandValues, stdin: Readable) => unknown;
}

/**
 * Returns the value of an option or argument.
 * @throws Error if it was not given or is empty
 */
export function required(values: CommandValues, name: string): string {
  const value = optional(values, name);
  if (value !== undefined) return value;
  throw new Error(`${toWritten(name)} is required: npm run admin -- --help`);
}

/** Returns the value of an option or argument; undefined if it was not given or is empty. */
export function optional(values: CommandValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Returns the name as in the help: arguments are in upper case, options have two dashes. */
function toWritten(name: string): string {
  return name === name.toUpperCase() ? name : `--${name}`;
}
