import type { Readable } from 'node:stream';

/** What was given with a command, by the names of its options. */
export type Given = Readonly<Record<string, string | boolean | undefined>>;

/** Something that operators can have done. */
export interface AdminCommand {
  /** Its options, as a person writes them. */
  readonly usage: string;
  readonly help: string;
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** Does it; answers what to print. */
  readonly run: (given: Given, stdin: Readable) => Promise<string> | string;
}

/** @throws Error when the option was not given */
export function needed(given: Given, name: string): string {
  const value = optional(given, name);
  if (value !== undefined) return value;
  throw new Error(`--${name} is needed: npm run admin -- --help`);
}

/** The value of an option; undefined when it was not given. */
export function optional(given: Given, name: string): string | undefined {
  const value = given[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What a command answers, for people and programs. */
export function asJson(answer: unknown): string {
  return JSON.stringify(answer, null, 2);
}
