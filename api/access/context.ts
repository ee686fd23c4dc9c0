import type { SystemSecrets } from '../../shared/access/system-secrets.ts';
import type { NonceRegister } from '../../shared/queue/nonce-register.ts';
import type { Store } from '../../shared/store/store.ts';
import type { AuditContext } from '../audit/record-audit.ts';
import { routesWith } from '../http/route.ts';
import type { GuessLimiter } from '../limits/guess-limiter.ts';
import type { SignupLimiter } from '../limits/signup-limiter.ts';
import type { ApiKeyCache } from './api-key-cache.ts';
import type { PasswordHasher } from './passwords/password-hash.ts';
import type { SessionCache } from './session-cache.ts';
import type { SigningKeys } from './tokens/signing-keys.ts';

/** The dependencies of authentication, sessions and API keys. */
export interface AccessContext extends AuditContext {
  readonly config: {
    readonly secrets: Pick<SystemSecrets, 'secretsKey'>;
    readonly publicUrl?: string | undefined;
    readonly quotas: { readonly key: number };
  };
  readonly store: Store;
  readonly apiKeyCache: ApiKeyCache;
  readonly sessionCache: SessionCache;
  readonly signingKeys: SigningKeys;
  readonly passwords: PasswordHasher;
  readonly guesses: GuessLimiter;
  readonly signups: SignupLimiter;
  readonly nonces: NonceRegister;
}

/** Defines a route of this folder. */
export const route = routesWith<AccessContext>();
