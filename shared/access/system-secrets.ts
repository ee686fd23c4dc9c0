import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';

/** The system's own secrets. They come from the environment and are not stored in MongoDB. */
export interface SystemSecrets {
  /**
   * Private Ed25519 JWKs. All of them verify tokens and the first signs. The second signs after the
   * next rotation; every process knows it before any process uses it.
   */
  readonly signingKeys: readonly PrivateJwk[];
  /** The secret from which signing secrets of API keys are derived; base64url of 256 bits. */
  readonly secretsKey: string;
}

const privateJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  x: z.string(),
  d: z.string(),
});

/** A private Ed25519 key as a JWK (RFC 8037). */
export type PrivateJwk = z.output<typeof privateJwk>;

/** The maximum number of signing keys. Rotation drops the oldest keys beyond it. */
const SIGNING_KEYS_MAX = 8;

const signingKeysSchema = z.array(privateJwk).min(1).max(SIGNING_KEYS_MAX);

/**
 * Parses SIGNING_KEYS. Returns undefined when it is not a JSON list of one to `SIGNING_KEYS_MAX`
 * private Ed25519 keys.
 */
export function parseSigningKeys(text: string): PrivateJwk[] | undefined {
  try {
    return signingKeysSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Generates a private signing key with a random id. */
export function newSigningKey(): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateJwk.parse({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID() });
}

/**
 * Generates the secrets of a new system: the signing key, the next signing key, and a secrets key.
 */
export function newSystemSecrets(): SystemSecrets {
  return { signingKeys: [newSigningKey(), newSigningKey()], secretsKey: newSecretsKey() };
}

/** Generates a secret of 256 bits, in base64url. */
export function newSecretsKey(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Rotates the signing keys: the next key signs, a new one becomes next, and the others still verify
 * until their tokens have expired. Processes can be restarted one after the other, because the old
 * list and the new list both contain the key of every valid token. The oldest keys beyond
 * `SIGNING_KEYS_MAX` are dropped.
 */
export function rotateSigningKeys(keys: readonly PrivateJwk[]): PrivateJwk[] {
  const [signing, next = newSigningKey(), ...earlier] = keys;
  const old = signing === undefined ? earlier : [signing, ...earlier];
  return [next, newSigningKey(), ...old].slice(0, SIGNING_KEYS_MAX);
}
