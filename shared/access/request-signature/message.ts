/** The parts of a request that a signature can cover; signer and verifier both use them. */
export interface SignedMessage {
  /** As on the request line; methods are case-sensitive. */
  readonly method: string;
  readonly target: Target;
  /**
   * Returns a header by its lower-case name; several lines of one field are joined by a comma and a
   * space.
   */
  readonly header: (name: string) => string | undefined;
}

/** The parts of a target URI. `authority` is in lower case and without the default port. */
export interface Target {
  readonly scheme: string;
  readonly authority: string;
  /** As it was sent; at least `/`. */
  readonly path: string;
  /** Begins with the question mark; empty without a query. */
  readonly query: string;
}

// A path must begin with a slash, so that an authority can end in one place only. So matching takes
// linear time.
const ABSOLUTE = /^(https?):\/\/([^/?#\s]+)(\/[^?#\s]*)?(\?[^#\s]*)?(?:#\S*)?$/i;
const ORIGIN_FORM = /^(\/[^?#\s]*)(\?[^#\s]*)?$/;

/**
 * Splits an absolute URL without changing its path and query.
 * @returns undefined when `url` is not an absolute http or https URL
 */
export function parseTarget(url: string): Target | undefined {
  const [, scheme, authority, path, query = ''] = ABSOLUTE.exec(url) ?? [];
  if (scheme === undefined || authority === undefined) return undefined;
  return { ...toOrigin(scheme, authority), path: path || '/', query };
}

/**
 * Returns the target URI of a request as its caller saw it. Behind a proxy, the scheme and often
 * the host differ from the caller's, so `publicUrl` must be set there. `Forwarded` and
 * `X-Forwarded-Host` are ignored, because callers can set them.
 * @param requestTarget as on the request line, in origin form: `/path?query`
 * @param publicUrl scheme, authority and base path; without it, `http` and the Host header are used
 * @returns undefined when the request target is not in origin form, or the Host header is needed
 *   and is missing or malformed
 */
export function parseRequestTarget(
  requestTarget: string,
  host: string | undefined,
  publicUrl: string | undefined,
): Target | undefined {
  const [, path, query = ''] = ORIGIN_FORM.exec(requestTarget) ?? [];
  const base = parseTarget(publicUrl ?? `http://${host ?? ''}`);
  if (path === undefined || base === undefined) return undefined;
  const basePath = base.path === '/' ? '' : base.path;
  return { scheme: base.scheme, authority: base.authority, path: `${basePath}${path}`, query };
}

function toOrigin(scheme: string, authority: string): { scheme: string; authority: string } {
  const lowerScheme = scheme.toLowerCase();
  const defaultPort = lowerScheme === 'http' ? ':80' : ':443';
  const lower = authority.toLowerCase();
  return {
    scheme: lowerScheme,
    authority: lower.endsWith(defaultPort) ? lower.slice(0, -defaultPort.length) : lower,
  };
}
