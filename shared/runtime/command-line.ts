import { EnvError } from './env.ts';
import { describeFailure } from './error-message.ts';
import { output } from './output.ts';

/** Prints `text` and exits if the command was called with --help. */
export function printHelpIfAsked(text: string): void {
  const isAsked = process.argv
    .slice(2)
    .some((argument) => argument === '--help' || argument === '-h');
  if (!isAsked) return;
  console.log(text.trim());
  process.exit(0);
}

/** Returns the command's arguments. Exits with code 2 if there is a flag or more than `countMax` arguments. */
export function readArguments(countMax: number): string[] {
  const values = process.argv.slice(2);
  const unknown = values.find((argument, index) => index >= countMax || argument.startsWith('-'));
  if (unknown === undefined) return values;
  console.error(`Unknown argument: ${unknown}. Run with --help to see the options.`);
  process.exit(2);
}

/** Reads the configuration. If a setting is invalid, prints the error and exits with code 1. */
export function configOrExit<Config>(read: () => Config): Config {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

/** Calls `start` and returns its result. If it throws, prints the reason and exits with code 1. */
export async function startOrExit<Started>(start: () => Promise<Started>): Promise<Started> {
  try {
    return await start();
  } catch (error) {
    output.error(describeFailure(error));
    process.exit(1);
  }
}
