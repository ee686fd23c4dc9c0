import { type CryptoKey, importJWK, type JWK } from 'jose';

/** One algorithm only: whoever verifies never has to ask the token which. */
export const SIGNING_ALGORITHM = 'EdDSA';

/** The keys that tokens are signed and verified with. */
export interface SigningKeys {
  /** Signs new tokens. */
  readonly current: { readonly kid: string; readonly privateKey: CryptoKey };
  /** Verifies tokens of every key still in use, by `kid`. */
  readonly publicKeys: ReadonlyMap<string, CryptoKey>;
  /** The public keys as `/.well-known/jwks.json` shows them. */
  readonly jwks: { readonly keys: readonly JWK[] };
}

/**
 * Reads private JWKs (OKP, Ed25519): the first one signs, all of them verify, so that tokens of a
 * key that was rotated out live until they expire.
 * @throws Error when a key is not one, lacks its kid, or none is given
 */
export async function readSigningKeys(privateJwks: readonly JWK[]): Promise<SigningKeys> {
  const first = privateJwks[0];
  if (first === undefined) throw new Error('there is no signing key');
  const publicKeys = new Map<string, CryptoKey>();
  const shown: JWK[] = [];
  for (const jwk of privateJwks) {
    const open = publicPartOf(jwk);
    publicKeys.set(open.kid, await importKey(open));
    shown.push(open);
  }
  const { kid } = publicPartOf(first);
  return {
    current: { kid, privateKey: await importKey(first) },
    publicKeys,
    jwks: { keys: shown },
  };
}

function publicPartOf(jwk: JWK) {
  const { kid, kty, crv, x } = jwk;
  if (kid === undefined || kty !== 'OKP' || crv !== 'Ed25519' || x === undefined) {
    throw new Error('a signing key must be an Ed25519 JWK with a kid');
  }
  return { kid, kty, crv, x, use: 'sig', alg: SIGNING_ALGORITHM };
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, SIGNING_ALGORITHM);
  if (key instanceof Uint8Array) throw new Error('a signing key must not be a shared secret');
  return key;
}
