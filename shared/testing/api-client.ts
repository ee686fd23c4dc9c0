const ANSWER_TIMEOUT_MS = 35_000;

/** A response of the API. `body` has the type that the test expects; it is not validated. */
export interface ApiAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** A problem document, or any response whose type does not matter. */
export interface AnyBody {
  readonly id: string;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

type SentHeaders = Readonly<Record<string, string>>;

/** A client that calls an API with the same key or token over a real connection. */
export interface ApiClient {
  get<Body = AnyBody>(path: string, headers?: SentHeaders): Promise<ApiAnswer<Body>>;
  /** Sends `body` as JSON. Sends a string unchanged, and no body if it is undefined. */
  post<Body = AnyBody>(
    path: string,
    body?: unknown,
    headers?: SentHeaders,
  ): Promise<ApiAnswer<Body>>;
  /** Sends a request with any method; otherwise like `post`. */
  send<Body = AnyBody>(
    method: string,
    path: string,
    body?: unknown,
    headers?: SentHeaders,
  ): Promise<ApiAnswer<Body>>;
}

/** Creates a client that calls an API with a key. Without a key, its calls are anonymous. */
export function apiClient(url: string, apiKey?: string): ApiClient {
  return clientWith(url, apiKey === undefined ? {} : { 'x-api-key': apiKey });
}

/** Creates a client that calls an API with the token of a session or a buyer. */
export function tokenClient(url: string, token: string): ApiClient {
  return clientWith(url, { authorization: `Bearer ${token}` });
}

function clientWith(url: string, credentials: SentHeaders): ApiClient {
  const call = async <Body>(
    method: string,
    path: string,
    body: unknown,
    extraHeaders: SentHeaders,
  ): Promise<ApiAnswer<Body>> => {
    const headers = new Headers(credentials);
    if (body !== undefined) headers.set('content-type', 'application/json');
    for (const [name, value] of Object.entries(extraHeaders)) headers.set(name, value);
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    const parsed: unknown = isJson ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: parsed as Body };
  };
  return {
    get: (path, headers = {}) => call('GET', path, undefined, headers),
    post: (path, body, headers = {}) => call('POST', path, body, headers),
    send: (method, path, body, headers = {}) => call(method, path, body, headers),
  };
}
