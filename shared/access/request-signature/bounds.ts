/** A signature may be this much older or newer than the verifier's clock. */
export const CREATED_SKEW_S_MAX = 300;

/** A nonce is drawn at random by the signer: 8 characters are few, 128 are plenty. */
export const NONCE_CHARACTERS_MIN = 8;
export const NONCE_CHARACTERS_MAX = 128;

/** `Signature` and `Signature-Input` are parsed before anybody is known: keep that cheap. */
export const FIELD_CHARACTERS_MAX = 4_096;
/** Signatures in one message. */
export const LABELS_MAX = 8;
/** Components covered by one signature. */
export const COMPONENTS_MAX = 32;
