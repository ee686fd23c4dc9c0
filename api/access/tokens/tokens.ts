import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';

/** The issuer of all tokens. */
const ISSUER = 'lastunit';

/** The kinds of tokens; `typ` and `aud` keep a token of one kind from passing as the other. */
const KINDS = {
  shop: {
    typ: 'at+jwt',
    aud: 'lastunit:shop',
    claims: z.object({ sub: z.string(), sid: z.string() }),
  },
  buyer: {
    typ: 'buyer+jwt',
    aud: 'lastunit:buyer',
    // `gen` is the generation of the key's secret that issued the token. The previous version of
    // the system issued tokens without it.
    claims: z.object({ sub: z.string(), key: z.string(), gen: z.int().default(0) }),
  },
} as const;

export type TokenKind = keyof typeof KINDS;
export type Claims<Kind extends TokenKind> = z.output<(typeof KINDS)[Kind]['claims']>;

/** The claims of a valid token, and when the token expires. */
export type VerifiedClaims<Kind extends TokenKind> = Claims<Kind> & { readonly expiresAt: Date };

/** The clocks of the API processes may differ by this much, so a token may seem to be from the future. */
const SKEW_S_MAX = 60;

/** The lifetime of a session's access token. */
export const ACCESS_TOKEN_TTL_S = 15 * 60;

/** Signs a token that expires `ttlS` seconds after `now`. */
export async function signToken<Kind extends TokenKind>(
  keys: SigningKeys,
  kind: Kind,
  claims: Claims<Kind>,
  { now, ttlS }: { readonly now: Date; readonly ttlS: number },
): Promise<string> {
  const { typ, aud } = KINDS[kind];
  const issuedAt = Math.floor(now.getTime() / 1_000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: keys.current.kid, typ })
    .setIssuer(ISSUER)
    .setAudience(aud)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlS)
    .sign(keys.current.privateKey);
}

/**
 * Returns the claims of a token; undefined when the token is forged, expired, of another kind, or
 * issued more than a minute in the future.
 */
export async function verifyToken<Kind extends TokenKind>(
  keys: SigningKeys,
  kind: Kind,
  token: string,
  now: Date,
): Promise<VerifiedClaims<Kind> | undefined> {
  const { typ, aud, claims } = KINDS[kind];
  try {
    const { payload } = await jwtVerify(token, (header) => findKey(keys, header.kid), {
      algorithms: [SIGNING_ALGORITHM],
      typ,
      issuer: ISSUER,
      audience: aud,
      requiredClaims: ['exp', 'iat', 'sub'],
      currentDate: now,
    });
    const ageS = now.getTime() / 1_000 - (payload.iat ?? 0);
    if (ageS < -SKEW_S_MAX) return undefined;
    const expiresAt = new Date((payload.exp ?? 0) * 1_000);
    return { ...(claims.parse(payload) as Claims<Kind>), expiresAt };
  } catch {
    return undefined;
  }
}

/** Reads the kind that a token claims to have, without verifying the token. */
export function readTokenKind(token: string): TokenKind | undefined {
  try {
    const { typ } = decodeProtectedHeader(token);
    return (Object.keys(KINDS) as TokenKind[]).find((kind) => KINDS[kind].typ === typ);
  } catch {
    return undefined;
  }
}

function findKey(keys: SigningKeys, kid: string | undefined) {
  const key = keys.publicKeys.get(kid ?? '');
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key;
}
