import { redact } from './redact.ts';

/** Error members of Node and the drivers. Errors are matched by shape, not by class. */
interface Fault {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
}

const RIGHTS = 'docs/operations.md lists the rights that each process needs (“Rights”).';
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;
const LENGTH_MAX = 2_000;

/**
 * Returns the explanation of an error by `explainFailure`; if there is none, the error’s message.
 * Removes passwords, and shortens the text to 2,000 characters.
 */
export function errorMessage(error: unknown): string {
  const text = explainFailure(error) ?? (error instanceof Error ? error.message : String(error));
  const redacted = redact(text);
  return redacted.length > LENGTH_MAX ? `${redacted.slice(0, LENGTH_MAX)}…` : redacted;
}

/**
 * Returns `errorMessage`, or the stack trace of a programming error; without passwords.
 */
export function describeFailure(error: unknown): string {
  const isDefect = error instanceof TypeError || error instanceof ReferenceError;
  return isDefect && explainFailure(error) === undefined
    ? redact(String(error.stack))
    : errorMessage(error);
}

/**
 * Explains in one line why MongoDB or Redis cannot be used, and names the setting to change.
 * @returns undefined for other errors
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

function explainRedis(text: string): string | undefined {
  if (/\bNOPERM\b/.test(text)) {
    return `The Redis user of REDIS_URL lacks a right: ${text.replace(/^.*\bNOPERM /, '')}. ${RIGHTS}`;
  }
  return /\b(WRONGPASS|NOAUTH|invalid password)\b/i.test(text)
    ? `Redis does not accept the user and password of REDIS_URL: ${text}`
    : undefined;
}

/** MongoDB repeats the whole command in its message; the command's name is enough. */
function explainMissingRole(text: string): string {
  const [, database, command] =
    /not authorized on (\S+) to execute command \{ ?(\w+)/.exec(text) ?? [];
  const right = command === undefined ? text : `it may not run ${command} on ${database}`;
  return `The MongoDB user of MONGODB_URL lacks a right: ${right}. ${RIGHTS}`;
}

/** The address on which a server could not listen, and the setting that contains it. */
interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** `HOST` by default. */
  readonly hostSetting?: string;
}

/**
 * Explains why a server cannot listen, and names the setting to change.
 * @returns undefined if the port is taken, and for other errors
 */
export function explainListenError(error: unknown, place: ListenPlace): string | undefined {
  const { host, port, hostSetting = 'HOST' } = place;
  switch ((error as Fault | undefined)?.code) {
    case 'EADDRNOTAVAIL':
      return `${hostSetting} is ${host}, which is not an address of this machine. Set it to 0.0.0.0 to listen on all addresses.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${hostSetting} is ${host}, a name that cannot be resolved.`;
    case 'EAFNOSUPPORT':
      return `${hostSetting} is ${host}, but this machine has no network of that kind.`;
    case 'EACCES':
      return `Listening on port ${port} of ${host} needs rights that this process does not have. Use a port above 1023.`;
    default:
      return undefined;
  }
}
