import createClient, { type Client } from 'openapi-fetch';
import { ApiError, ConnectionError } from '../errors.ts';
import type { paths } from '../generated/schema.ts';
import type { CallOptions, Conditional, Idempotent, Waiting } from './call-options.ts';
import { type RetryPolicy, timeoutSignal, withRetries } from './retry.ts';
import { newNonce, type SigningCredentials, signRequest } from './sign.ts';

/** The methods of requests that change nothing when they are repeated. */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']);
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
const WAIT_SECONDS_MAX = 30;
/** The API sends the headers of a stream at once. */
const STREAM_OPEN_MS_MAX = 10_000;
/** A long call is repeated only if its attempt failed within this part of its time. */
const REPEATED_PART = 0.5;

/** The settings of calls: the URL of the API, the credentials, and the bounds of attempts. */
export interface HttpSettings {
  readonly baseUrl: string;
  /** Returns the headers that identify the caller; called for each attempt. */
  readonly credentials: () => Promise<Readonly<Record<string, string>>>;
  readonly signing: SigningCredentials | undefined;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly retries: number;
  readonly timeoutMs: number;
}

/** All options that a call can have; each method declares which of them it accepts. */
export type AnyCallOptions = CallOptions & Conditional & Idempotent & Waiting;

interface CallTraits {
  /** Whether repeating the call changes nothing, although its method does not imply that. */
  readonly isRepeatable?: boolean;
  /** Whether the call happens once per `Idempotency-Key`. */
  readonly isKeyed?: boolean;
  /** Whether the call removes something and returns nothing. */
  readonly isRemoval?: boolean;
  /** How long an attempt may take, in ms, if the API takes longer for it than for most calls. */
  readonly timeoutMs?: number;
}

/** The options and traits of a call that apply to each of its attempts. */
type AttemptOptions = AnyCallOptions &
  Pick<RetryPolicy, 'isRepeatable' | 'isRemoval' | 'repeatedWithinMs'> & {
    readonly timeoutMs: number;
  };

/** The options that a generated method passes to openapi-fetch. */
export interface CallInit {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly headers: Readonly<Record<string, string>>;
}

interface Result<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** Sends requests with credentials, signatures and retries, and throws typed errors. */
export class Http {
  readonly #settings: HttpSettings;
  readonly #api: Client<paths>;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
    this.#api = createClient<paths>({ baseUrl: settings.baseUrl });
  }

  /**
   * Makes one call.
   * @param send calls openapi-fetch with the given init
   * @throws ApiError, ConnectionError, or the reason of the signal
   */
  async call<Data>(
    options: AnyCallOptions,
    traits: CallTraits,
    send: (api: Client<paths>, init: CallInit, idempotencyKey: string) => Promise<Result<Data>>,
  ): Promise<Data> {
    const idempotencyKey = options.idempotencyKey ?? (traits.isKeyed ? newNonce() : undefined);
    const isRepeatable = traits.isRepeatable === true || idempotencyKey !== undefined;
    const { isRemoval = false, timeoutMs: longMs = 0 } = traits;
    const timeoutMs = options.timeoutMs ?? Math.max(this.#settings.timeoutMs, longMs);
    const repeatedWithinMs = longMs > 0 ? timeoutMs * REPEATED_PART : Number.POSITIVE_INFINITY;
    const attempts = { ...options, isRepeatable, isRemoval, repeatedWithinMs, timeoutMs };
    const fetch = (request: Request) => this.#fetch(request, attempts);
    const headers = toHeaders({ ...options, idempotencyKey });
    const init = { fetch, headers };
    const { data, error, response } = await send(this.#api, init, idempotencyKey ?? '');
    options.onResponse?.(response);
    if (!response.ok) throw new ApiError(response.status, error, { idempotencyKey });
    return data as Data;
  }

  /**
   * Opens a stream, whose body the caller reads.
   * @throws ApiError; ConnectionError, also if the signal aborts, or if no headers
   *   arrive within 10 s, or within the settings’ `timeoutMs` if that is shorter
   */
  async stream(path: string, signal: AbortSignal): Promise<Response> {
    const { baseUrl, timeoutMs } = this.#settings;
    const url = `${baseUrl.replace(/\/$/, '')}${path}`;
    const headers = { accept: 'text/event-stream' };
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), Math.min(timeoutMs, STREAM_OPEN_MS_MAX));
    try {
      const response = await this.#attempt(new Request(url, { headers }), {
        body: new Uint8Array(),
        signal: AbortSignal.any([signal, late.signal]),
      });
      if (response.ok) return response;
      const body: unknown = await response.json().catch(() => undefined);
      throw new ApiError(response.status, body);
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetch(request: Request, options: AttemptOptions): Promise<Response> {
    const { signal, isRemoval, repeatedWithinMs } = options;
    const body = new Uint8Array(await request.arrayBuffer());
    const waitMs = toWaitSeconds(options.waitSeconds) * 1_000;
    const timeoutMs = options.timeoutMs + waitMs;
    const policy = {
      retries: options.retries ?? this.#settings.retries,
      // If the first attempt took effect, a repeated conditional change is refused.
      isRepeatable:
        options.ifMatch === undefined &&
        (options.isRepeatable || IDEMPOTENT_METHODS.has(request.method)),
      isRemoval,
      repeatedWithinMs,
      signal,
    };
    return withRetries(policy, async () => {
      const timeout = timeoutSignal(timeoutMs);
      const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
      const response = await this.#attempt(request, { body, signal: both });
      return readWhole(request, response);
    });
  }

  async #attempt(
    request: Request,
    { body, signal }: { readonly body: Uint8Array<ArrayBuffer>; readonly signal: AbortSignal },
  ): Promise<Response> {
    const { method, url } = request;
    const headers = new Headers(request.headers);
    const add = (added: Readonly<Record<string, string>>) => {
      for (const [name, value] of Object.entries(added)) headers.set(name, value);
    };
    add(await this.#settings.credentials());
    const { signing } = this.#settings;
    if (signing !== undefined) add(await signRequest({ method, url, headers, body }, signing));
    const init = { method, headers, signal, ...(body.length > 0 && { body }) };
    return this.#settings.fetch(url, init).catch((error: unknown) => fail(request, error));
  }
}

/** Reads the body, so that a connection that is cut in the middle of it counts as a failed attempt. */
async function readWhole(request: Request, response: Response): Promise<Response> {
  const bytes = await response.arrayBuffer().catch((error: unknown) => fail(request, error));
  const { status, statusText, headers } = response;
  const body = WITHOUT_BODY.has(status) ? null : bytes;
  return new Response(body, { status, statusText, headers });
}

function fail({ method, url, headers }: Request, cause: unknown): never {
  const { pathname } = new URL(url);
  const idempotencyKey = headers.get('idempotency-key') ?? undefined;
  throw new ConnectionError(`${method} ${pathname} got no complete answer.`, {
    cause,
    idempotencyKey,
  });
}

function toHeaders({ idempotencyKey, ifMatch, waitSeconds }: AnyCallOptions) {
  const wait = toWaitSeconds(waitSeconds);
  return {
    ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
    ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
    ...(wait > 0 && { Prefer: `wait=${wait}` }),
  };
}

function toWaitSeconds(seconds = 0): number {
  return Math.max(0, Math.min(WAIT_SECONDS_MAX, Math.floor(seconds)));
}
