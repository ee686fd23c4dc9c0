import { redact } from './redact.ts';

/** What errors of the drivers and of Node have besides a message; known by shape, not by class. */
interface Fault {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly stack?: unknown;
}

const RIGHTS = 'docs/operations.md lists what each process needs (“Rights”).';
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;

/**
 * Says in one line what keeps a process from working with MongoDB or Redis, naming the setting to
 * change.
 * @returns undefined when it is something else
 */
export function explainFailure(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { name, message, code } = error as Fault;
  const text = String(message);
  if (name === 'ReplyError') return explainRedis(text);
  if (/ServerSelectionError$/.test(String(name))) {
    return `MongoDB cannot be reached at MONGODB_URL: ${text}`;
  }
  if (code === AUTHENTICATION_FAILED) {
    return `MongoDB does not accept the user and password of MONGODB_URL: ${text}`;
  }
  if (code === UNAUTHORIZED) return explainMissingRole(text);
  return code === 'ERR_INVALID_URL' ? 'A URL among the settings is not valid.' : undefined;
}

/** The line, or the stack where it is a defect of ours; without passwords. */
export function describeFailure(error: unknown): string {
  const explained = explainFailure(error);
  if (explained !== undefined) return redact(explained);
  const isDefect = error instanceof TypeError || error instanceof ReferenceError;
  if (isDefect) return redact(String(error.stack));
  return redact(error instanceof Error ? error.message : String(error));
}

function explainRedis(text: string): string | undefined {
  if (/\bNOPERM\b/.test(text)) {
    return `The Redis user of REDIS_URL lacks a right: ${text.replace(/^.*\bNOPERM /, '')}. ${RIGHTS}`;
  }
  return /\b(WRONGPASS|NOAUTH|invalid password)\b/i.test(text)
    ? `Redis does not accept the user and password of REDIS_URL: ${text}`
    : undefined;
}

/** MongoDB repeats the whole command; its name is enough. */
function explainMissingRole(text: string): string {
  const [, database, command] =
    /not authorized on (\S+) to execute command \{ ?(\w+)/.exec(text) ?? [];
  const what = command === undefined ? text : `it may not run ${command} on ${database}`;
  return `The MongoDB user of MONGODB_URL lacks a right: ${what}. ${RIGHTS}`;
}
