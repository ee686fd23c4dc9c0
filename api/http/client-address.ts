import type { Context } from 'hono';

interface NodeBindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string | undefined } };
}

/**
 * The caller's address. Behind proxies of our own it is what the outermost of them saw: the entry
 * of X-Forwarded-For that `trustedProxies` hops wrote; what stands before it anybody can write.
 */
export function clientAddress(c: Context, trustedProxies: number): string {
  const bindings = c.env as NodeBindings | undefined;
  const peer = bindings?.incoming?.socket?.remoteAddress ?? 'unknown';
  if (trustedProxies === 0) return peer;
  const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim());
  return hops.filter(Boolean).at(-trustedProxies) ?? peer;
}
