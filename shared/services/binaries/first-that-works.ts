import { errorMessage } from '../error-message.ts';
import type { Log } from '../log.ts';

/**
 * One place a program can come from. `present` looks without network and may find nothing;
 * `fetch` gets it, and throws the reason when it cannot.
 */
export type Source = {
  name: string;
  present?: () => Promise<string | undefined>;
  fetch?: () => Promise<string>;
};

/** A program that was run once and answered with its version. */
export type FoundBinary = { path: string; source: string; version: string };

type Search = {
  program: string;
  sources: readonly Source[];
  /** Runs the program at `path` and returns its version; throws when it does not run. */
  versionOf: (path: string) => Promise<string>;
  /** What a person can do when nothing worked, one idea a line. */
  advice: readonly string[];
  log: Log;
};

/**
 * The first source whose program runs. What is already on the machine goes before anything
 * that must be fetched. When nothing works, one error says all that was tried and what to do.
 */
export async function firstThatWorks(search: Search): Promise<FoundBinary> {
  const failures: string[] = [];
  const attempt = async (source: Source, find: () => Promise<string | undefined>) => {
    try {
      const path = await find();
      if (path === undefined) return undefined;
      return { path, source: source.name, version: await search.versionOf(path) };
    } catch (error) {
      failures.push(`${source.name}: ${errorMessage(error)}`);
      return undefined;
    }
  };
  for (const source of search.sources) {
    const found = source.present && (await attempt(source, source.present));
    if (found) return found;
    if (!source.fetch) failures.push(`${source.name}: no usable program there`);
  }
  for (const source of search.sources) {
    if (!source.fetch) continue;
    search.log(`${search.program}: not on this machine yet, trying ${source.name}`);
    const found = await attempt(source, source.fetch);
    if (found) return found;
    search.log(`${search.program}: ${failures.at(-1)}`);
  }
  throw new Error(failureText(search, failures));
}

function failureText(search: Search, failures: readonly string[]): string {
  const lines = [`No usable ${search.program} was found. Tried:`];
  for (const failure of failures) lines.push(`  - ${failure}`);
  lines.push('What you can do:');
  for (const idea of search.advice) lines.push(`  - ${idea}`);
  return lines.join('\n');
}
