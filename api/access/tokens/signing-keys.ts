import { type CryptoKey, importJWK, type JWK } from 'jose';

/** The only accepted algorithm, so that a token cannot choose how it is verified. */
export const SIGNING_ALGORITHM = 'EdDSA';

export interface SigningKeys {
  /** Signs new tokens. */
  readonly current: { readonly kid: string; readonly privateKey: CryptoKey };
  /** The public keys by `kid`; they verify the tokens of every key that is still in use. */
  readonly publicKeys: ReadonlyMap<string, CryptoKey>;
  /** The public keys, as in `/.well-known/jwks.json`. */
  readonly jwks: { readonly keys: readonly JWK[] };
}

/**
 * Reads private JWKs (OKP, Ed25519). The first key signs. All keys verify, so tokens that an
 * earlier key signed stay valid until they expire.
 * @throws Error when the list is empty, or a key is not an Ed25519 key or lacks its kid
 */
export async function readSigningKeys(privateJwks: readonly JWK[]): Promise<SigningKeys> {
  const first = privateJwks[0];
  if (first === undefined) throw new Error('there is no signing key');
  const publicKeys = new Map<string, CryptoKey>();
  const publicJwks: JWK[] = [];
  for (const jwk of privateJwks) {
    const publicJwk = toPublicJwk(jwk);
    publicKeys.set(publicJwk.kid, await importKey(publicJwk));
    publicJwks.push(publicJwk);
  }
  const { kid } = toPublicJwk(first);
  return {
    current: { kid, privateKey: await importKey(first) },
    publicKeys,
    jwks: { keys: publicJwks },
  };
}

function toPublicJwk(jwk: JWK) {
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
