import { RefusedError } from '../../shared/domain/errors.ts';
import { hasScope, type Scope } from '../../shared/domain/scopes.ts';
import type { CallerKind, Principal } from './principal.ts';

/** Who may call a route: anybody, an operator, or callers of these kinds that hold the scope. */
export type Access =
  | { readonly anyone: true }
  | { readonly operator: true }
  | { readonly callers: readonly CallerKind[]; readonly scope?: Scope };

/** A shop's session, or a key of the shop's. */
export const sellers = (scope: Scope): Access => ({ callers: ['shop', 'key'], scope });

/** A storefront's key, or a buyer it has let in. */
export const storefronts = (scope: Scope): Access => ({ callers: ['key', 'buyer'], scope });

/** Every caller that is known. */
export const everyCaller = (scope: Scope): Access => ({ callers: ['shop', 'key', 'buyer'], scope });

/** A shop's session only: what manages keys and sessions must not be done with a key. */
export const shopsOnly: Access = { callers: ['shop'] };

/** A key only. */
export const keysOnly = (scope: Scope): Access => ({ callers: ['key'], scope });

/** @throws RefusedError forbidden or missing_scope */
export function checkAccess(access: Access, principal: Principal): void {
  if (!('callers' in access)) return;
  const { callers, scope } = access;
  if (!callers.some((kind) => kind === principal.kind)) {
    const wanted = callers.join(' or ');
    throw new RefusedError('forbidden', `This is for a ${wanted}, not for a ${principal.kind}.`);
  }
  if (scope === undefined || hasScope(principal.scopes, scope)) return;
  throw new RefusedError('missing_scope', `This needs the scope ${scope}.`, [], { scope });
}
