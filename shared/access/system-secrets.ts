import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';

/** The system's own secrets: they come from outside and are stored nowhere in the record. */
export interface SystemSecrets {
  /**
   * Private Ed25519 JWKs. The first signs tokens, all of them verify; the second is the next to
   * sign, known to every process before any of them uses it.
   */
  readonly signingKeys: readonly PrivateJwk[];
  /** What the signing secrets of API keys are made from; base64url of 256 bits. */
  readonly secretsKey: string;
}

const privateJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  x: z.string(),
  d: z.string(),
});

/** A private signing key as RFC 8037 writes it. */
export type PrivateJwk = z.output<typeof privateJwk>;

/** Keys verify tokens until these have expired; more than this many were never taken out. */
const SIGNING_KEYS_MAX = 8;

const signingKeysSchema = z.array(privateJwk).min(1).max(SIGNING_KEYS_MAX);

/** Reads SIGNING_KEYS as `signingKeysText` writes them; undefined when it is something else. */
export function parseSigningKeys(text: string): PrivateJwk[] | undefined {
  try {
    return signingKeysSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** A new private signing key with an id of its own. */
export function newSigningKey(): PrivateJwk {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateJwk.parse({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID() });
}

/** New secrets for a system that has none: a key that signs, and the one that will sign next. */
export function newSystemSecrets(): SystemSecrets {
  return { signingKeys: [newSigningKey(), newSigningKey()], secretsKey: newSecretsKey() };
}

/** A new secret of 256 bits. */
export function newSecretsKey(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Lets the next key sign and makes another next one. Those before go on verifying, so that tokens
 * live until they expire, and processes can be restarted one after the other: whichever list they
 * have, they know the key of every token. The oldest beyond the bound are left out.
 */
export function rotateSigningKeys(keys: readonly PrivateJwk[]): PrivateJwk[] {
  const [signing, next = newSigningKey(), ...before] = keys;
  const old = signing === undefined ? before : [signing, ...before];
  return [next, newSigningKey(), ...old].slice(0, SIGNING_KEYS_MAX);
}
