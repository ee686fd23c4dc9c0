/** The parts of a request that show which site caused it. Only browsers send the last three. */
export interface RequestSource {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly secFetchMode: string | undefined;
}

/**
 * Returns whether a page of another site made the browser send the request. Browsers add an
 * operator's password to such requests, so they are refused; following a link is allowed. Pages
 * cannot set `Sec-Fetch-Site`. Without it, `Origin` decides. A request with neither header does not
 * come from a page, because browsers send one of them with every request that changes something.
 */
export function isCrossSite(source: RequestSource): boolean {
  const { method, host, secFetchSite, secFetchMode, origin } = source;
  if (secFetchSite !== undefined) {
    if (secFetchSite === 'same-origin' || secFetchSite === 'none') return false;
    return !(isReading(method) && secFetchMode === 'navigate');
  }
  return origin !== undefined && (host === undefined || readHost(origin) !== host);
}

/** Returns whether the method is safe, i.e. requests no change (RFC 9110, 9.2.1). */
export function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

/** Ignores the scheme, because behind a proxy that ends TLS our own scheme is unknown. */
function readHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
