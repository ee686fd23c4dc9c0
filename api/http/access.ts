import { RefusedError } from '../../shared/domain/errors.ts';
import { hasScope, type Scope } from '../../shared/domain/scopes.ts';
import type { CallerKind, Principal } from './principal.ts';

/** Who may call a route: anyone, an operator, or callers of these kinds with this scope. */
export type Access =
  | { readonly anyone: true }
  | { readonly operator: true }
  | { readonly callers: readonly CallerKind[]; readonly scope?: Scope };

/** Callers that sell: a shop's session or API key. */
export const sellers = (scope: Scope): Access => ({ callers: ['shop', 'key'], scope });

/** Callers that buy: a storefront's API key, or a buyer with a token that such a key issued. */
export const storefronts = (scope: Scope): Access => ({ callers: ['key', 'buyer'], scope });

/** Every authenticated caller except operators. */
export const everyCaller = (scope: Scope): Access => ({ callers: ['shop', 'key', 'buyer'], scope });

/** A shop's session only: an API key must not manage keys or sessions. */
export const shopsOnly: Access = { callers: ['shop'] };

/** An API key only. */
export const keysOnly = (scope: Scope): Access => ({ callers: ['key'], scope });

/** The credentials of each kind of caller, for messages. */
const CREDENTIALS: Readonly<Record<CallerKind, string>> = {
  key: 'an API key',
  shop: 'a session of the shop',
  buyer: 'a buyer token',
};

/**
 * Checks that the caller may call the route. Routes for anyone and for operators are not checked
 * here.
 * @throws RefusedError forbidden or missing_scope
 */
export function checkAccess(access: Access, principal: Principal): void {
  if (!('callers' in access)) return;
  const { callers, scope } = access;
  if (!callers.some((kind) => kind === principal.kind)) {
    const accepted = callers.map((kind) => CREDENTIALS[kind]).join(' or ');
    const detail = `This route requires ${accepted}.`;
    throw new RefusedError('forbidden', detail);
  }
  if (scope === undefined || hasScope(principal.scopes, scope)) return;
  throw new RefusedError('missing_scope', `This route requires the scope ${scope}.`, [], { scope });
}
