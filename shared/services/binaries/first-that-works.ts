import { errorMessage } from '../../runtime/error-message.ts';
import type { Log } from '../../runtime/output.ts';

/**
 * A source of a program. `present` searches this machine without network; `fetch` downloads or
 * installs the program, and throws if it cannot.
 */
export type Source = {
  name: string;
  present?: () => Promise<string | undefined>;
  fetch?: () => Promise<string>;
};

/** A program that was run once to read its version. */
export type FoundBinary = { path: string; source: string; version: string };

type Search = {
  program: string;
  sources: readonly Source[];
  /** Runs the program at `path` and returns its version; throws if it does not run. */
  readVersion: (path: string) => Promise<string>;
  /** Things that a user can do if no source works; one suggestion per item. */
  advice: readonly string[];
  log: Log;
};

/**
 * Returns the first program that runs. Programs on this machine are tried before downloads.
 * @throws Error that lists every attempt and what to do
 */
export async function firstThatWorks(search: Search): Promise<FoundBinary> {
  const failures: string[] = [];
  const attempt = async (source: Source, find: () => Promise<string | undefined>) => {
    try {
      const path = await find();
      if (path === undefined) return undefined;
      return { path, source: source.name, version: await search.readVersion(path) };
    } catch (error) {
      failures.push(`${source.name}: ${errorMessage(error)}`);
      return undefined;
    }
  };
  for (const source of search.sources) {
    const binary = source.present && (await attempt(source, source.present));
    if (binary) return binary;
    if (!source.fetch) failures.push(`${source.name}: not found`);
  }
  for (const source of search.sources) {
    if (!source.fetch) continue;
    search.log(`${search.program} is not on this machine yet; trying ${source.name}`);
    const binary = await attempt(source, source.fetch);
    if (binary) return binary;
    search.log(`${search.program}: ${failures.at(-1)}`);
  }
  throw new Error(failureText(search, failures));
}

function failureText(search: Search, failures: readonly string[]): string {
  const lines = [`Found no ${search.program} that runs. Tried:`];
  for (const failure of failures) lines.push(`  - ${failure}`);
  lines.push('What you can do:');
  for (const suggestion of search.advice) lines.push(`  - ${suggestion}`);
  return lines.join('\n');
}
