import { EnvError } from './env.ts';
import { describeFailure } from './error-message.ts';
import { output } from './output.ts';

/** Prints `text` and ends the process when the command was called with --help. */
export function printHelpIfAsked(text: string): void {
  const asked = process.argv
    .slice(2)
    .some((argument) => argument === '--help' || argument === '-h');
  if (!asked) return;
  console.log(text.trim());
  process.exit(0);
}

/** The command's arguments; more than it takes, or a flag that it does not know, end the process. */
export function readArguments(count: number): string[] {
  const given = process.argv.slice(2);
  const unknown = given.find((argument, index) => index >= count || argument.startsWith('-'));
  if (unknown === undefined) return given;
  console.error(`There is no argument ${unknown} here; --help tells what there is.`);
  process.exit(2);
}

/** Reads the configuration; what is wrong with it is told without a stack trace, and ends the process. */
export function configOrExit<Config>(read: () => Config): Config {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

/** Starts a process of the system; what keeps it from starting is told, and ends it with code 1. */
export async function startOrExit<Started>(start: () => Promise<Started>): Promise<Started> {
  try {
    return await start();
  } catch (error) {
    output.error(describeFailure(error));
    process.exit(1);
  }
}
