/** What a signature speaks about, the same for who makes it and who checks it. */
export interface SignedMessage {
  /** As on the request line; methods are case-sensitive. */
  readonly method: string;
  readonly target: Target;
  /** By lower-case name; several lines of one field are joined by a comma and a space. */
  readonly header: (name: string) => string | undefined;
}

/** A target URI in its parts. `authority` is in lower case and without the default port. */
export interface Target {
  readonly scheme: string;
  readonly authority: string;
  /** At least `/`, as it was sent. */
  readonly path: string;
  /** From the question mark on; empty when there is none. */
  readonly query: string;
}

const ABSOLUTE = /^(https?):\/\/([^/?#\s]+)([^?#\s]*)(\?[^#\s]*)?(?:#\S*)?$/i;
const ORIGIN_FORM = /^(\/[^?#\s]*)(\?[^#\s]*)?$/;

/** Takes an absolute URL apart without changing its path and query; undefined when it is none. */
export function targetOfUrl(url: string): Target | undefined {
  const [, scheme, authority, path, query = ''] = ABSOLUTE.exec(url) ?? [];
  if (scheme === undefined || authority === undefined) return undefined;
  return { ...origin(scheme, authority), path: path || '/', query };
}

/**
 * The target that a request line was sent to. Behind a proxy neither the scheme nor, often, the
 * host are those that the caller saw; `publicUrl` then says what they were. Headers that claim to
 * know (`Forwarded`, `X-Forwarded-Host`) are not believed.
 * @param requestTarget as on the request line, in origin form: `/path?query`
 * @param publicUrl scheme, authority and what stands before the path of the request line; without
 *   one it is `http` and the Host header
 */
export function targetOfRequest(
  requestTarget: string,
  host: string | undefined,
  publicUrl: string | undefined,
): Target | undefined {
  const [, path, query = ''] = ORIGIN_FORM.exec(requestTarget) ?? [];
  const base = targetOfUrl(publicUrl ?? `http://${host ?? ''}`);
  if (path === undefined || base === undefined) return undefined;
  const before = base.path === '/' ? '' : base.path;
  return { scheme: base.scheme, authority: base.authority, path: `${before}${path}`, query };
}

function origin(scheme: string, authority: string): { scheme: string; authority: string } {
  const lowerScheme = scheme.toLowerCase();
  const defaultPort = lowerScheme === 'http' ? ':80' : ':443';
  const lower = authority.toLowerCase();
  return {
    scheme: lowerScheme,
    authority: lower.endsWith(defaultPort) ? lower.slice(0, -defaultPort.length) : lower,
  };
}
