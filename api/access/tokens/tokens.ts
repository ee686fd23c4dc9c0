import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';

/** Who issues the tokens, and whom each kind is for. */
const ISSUER = 'lastunit';

/** The two kinds of token; `typ` and `aud` keep one from passing for the other. */
const KINDS = {
  shop: {
    typ: 'at+jwt',
    aud: 'lastunit:shop',
    claims: z.object({ sub: z.string(), sid: z.string() }),
  },
  buyer: {
    typ: 'buyer+jwt',
    aud: 'lastunit:buyer',
    claims: z.object({ sub: z.string(), key: z.string() }),
  },
} as const;

export type TokenKind = keyof typeof KINDS;
export type Claims<Kind extends TokenKind> = z.output<(typeof KINDS)[Kind]['claims']>;

/** The claims of a token that is good, and until when it is. */
export type VerifiedClaims<Kind extends TokenKind> = Claims<Kind> & { readonly expiresAt: Date };

/** By so much the clocks of our own processes may differ. */
const SKEW_S_MAX = 60;

/** A shop's session acts this long before it has to refresh. */
export const ACCESS_TOKEN_TTL_S = 15 * 60;

/** Signs a token of the kind that lives `ttlS` seconds from `now`. */
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

/** What the token claims; undefined when it is forged, expired, or of another kind. */
export async function verifyToken<Kind extends TokenKind>(
  keys: SigningKeys,
  kind: Kind,
  token: string,
  now: Date,
): Promise<VerifiedClaims<Kind> | undefined> {
  const { typ, aud, claims } = KINDS[kind];
  try {
    const { payload } = await jwtVerify(token, (header) => keyOf(keys, header.kid), {
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

/** Which kind the token says it is; whether that is true is told by `verifyToken` alone. */
export function kindOfToken(token: string): TokenKind | undefined {
  try {
    const { typ } = decodeProtectedHeader(token);
    return (Object.keys(KINDS) as TokenKind[]).find((kind) => KINDS[kind].typ === typ);
  } catch {
    return undefined;
  }
}

function keyOf(keys: SigningKeys, kid: string | undefined) {
  const key = keys.publicKeys.get(kid ?? '');
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key;
}
