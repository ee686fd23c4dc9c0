import { onStopSignals } from '../commands/start/stop-signals.ts';
import { printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { type Env, readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';

/** The exit code of an interrupted command. */
export const INTERRUPTED = 130;
const COULD_NOT_RUN = 2;

/**
 * Runs a command that puts load on a system, and exits with the code that `main` returns. The
 * first stop signal aborts `signal`; a signal more than a second later exits at once.
 * @param stopNotice the text that the command prints at the first signal
 */
export async function runLoadCommand(
  help: string,
  stopNotice: string,
  main: (env: Env, signal: AbortSignal) => Promise<number>,
): Promise<void> {
  printHelpIfAsked(help);
  const stopping = new AbortController();
  onStopSignals({
    onStop: () => stopping.abort(new Error('interrupted')),
    onForce: () => process.exit(INTERRUPTED),
    log: () => console.error(`${stopNotice}; a second signal stops at once`),
  });
  try {
    process.exit(await main(readEnv(), stopping.signal));
  } catch (error) {
    console.error(errorMessage(error));
    process.exit(stopping.signal.aborted ? INTERRUPTED : COULD_NOT_RUN);
  }
}
