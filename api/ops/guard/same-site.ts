/** What a request says about where it was made; all of it is absent outside of browsers. */
export interface RequestSource {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly secFetchMode: string | undefined;
}

/**
 * Whether another site had the browser make the request. A browser adds an operator's password by
 * itself, so such requests are refused, but for following a link. `Sec-Fetch-Site` cannot be set
 * by a page; a browser that does not send it is judged by `Origin`, and one that sends neither is
 * none: pages cannot suppress both on a request that changes something.
 */
export function isCrossSite(source: RequestSource): boolean {
  const { method, host, secFetchSite, secFetchMode, origin } = source;
  if (secFetchSite !== undefined) {
    if (secFetchSite === 'same-origin' || secFetchSite === 'none') return false;
    return !(isReading(method) && secFetchMode === 'navigate');
  }
  return origin !== undefined && (host === undefined || hostOf(origin) !== host);
}

/** Whether the method is safe (RFC 9110, 9.2.1): it asks for no change. */
export function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

/** The scheme is left out: behind a proxy that ends TLS we do not know our own. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
