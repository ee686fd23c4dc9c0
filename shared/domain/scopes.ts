/** The rights of an API key. `…:write` includes `…:read`. */
export const SCOPES = [
  'catalog:read',
  'catalog:write',
  'inventory:read',
  'inventory:write',
  'discounts:write',
  'carts:write',
  'checkouts:write',
  'orders:read',
  'orders:write',
  'webhooks:write',
] as const;

export type Scope = (typeof SCOPES)[number];

/** Returns whether `granted` covers `wanted`. */
export function hasScope(granted: readonly Scope[], wanted: Scope): boolean {
  if (granted.includes(wanted)) return true;
  if (!wanted.endsWith(':read')) return false;
  const writeScope = wanted.replace(/:read$/, ':write');
  return granted.some((scope) => scope === writeScope);
}
