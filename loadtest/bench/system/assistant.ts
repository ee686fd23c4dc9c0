import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { childEnv } from '../../../shared/runtime/env.ts';
import { errorMessage } from '../../../shared/runtime/error-message.ts';

/** The calls that an assistant serves: functions by name. */
type Calls = Readonly<Record<string, Call>>;
/** Declared as a method, so that functions with a narrower input are assignable. */
type Call = { call(input: unknown): unknown }['call'];

type InputOf<Call> = Call extends (input: infer Input) => unknown ? Input : never;
type AnswerOf<Call> = Call extends (input: never) => infer Answer ? Awaited<Answer> : never;

interface CallMessage {
  readonly name: string;
  readonly input: unknown;
}

type AnswerMessage = { readonly answer: unknown } | { readonly error: string };

/**
 * A process that works for the bench, so that the CPU time of this work is measured separately. It
 * serves one call at a time.
 */
export interface Assistant<Does extends Calls> {
  readonly pid: number;
  /** @throws Error with the assistant's message if the call failed or the process ended */
  call<Name extends keyof Does & string>(
    name: Name,
    input: InputOf<Does[Name]>,
  ): Promise<AnswerOf<Does[Name]>>;
  stop(): void;
}

/** @param script a file that calls `serveCalls` */
export async function startAssistant<Does extends Calls>(script: URL): Promise<Assistant<Does>> {
  const child = fork(script, { env: childEnv(), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await Promise.race([nextMessage(child), once(child, 'error').then(([error]) => fail(error))]);
  return {
    pid: child.pid ?? 0,
    call: async (name, input) => {
      const answered = nextMessage(child);
      child.send({ name, input } satisfies CallMessage);
      const message = await answered;
      if ('error' in message) throw new Error(message.error);
      return message.answer as AnswerOf<Does[typeof name]>;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

async function nextMessage(child: ChildProcess): Promise<AnswerMessage> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        return fail(new Error(`an assistant process exited with ${String(code)}`));
      }),
    ]);
    return message as AnswerMessage;
  } finally {
    settled.abort();
  }
}

function fail(error: unknown): never {
  throw error;
}

/** Serves calls in the assistant process until the bench ends. */
export function serveCalls(calls: Calls): void {
  process.on('message', (message: CallMessage) => {
    const call = calls[message.name];
    if (call === undefined) throw new RangeError(`unknown call ${message.name}`);
    Promise.resolve()
      .then(() => call(message.input))
      .then(
        (answer) => reply({ answer }),
        (error: unknown) => reply({ error: errorMessage(error) }),
      );
  });
  process.on('disconnect', () => process.exit(0));
  reply({ answer: 'ready' });
}

function reply(message: AnswerMessage): void {
  process.send?.(message);
}
