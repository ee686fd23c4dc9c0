import {
  type Dictionary,
  type InnerList,
  isInnerList,
  type Parameters,
  parseDictionary,
} from 'structured-headers';

/**
 * The maximum length of `Signature` and of `Signature-Input`. They must be short, because they are
 * parsed before the caller is known.
 */
const FIELD_CHARACTERS_MAX = 4_096;
/** The maximum number of signatures in one message. */
const LABELS_MAX = 8;
/** The maximum number of components that one signature covers. */
const COMPONENTS_MAX = 32;

/** One signature of a message, from its two header fields. */
export interface StatedSignature {
  readonly keyId: string | undefined;
  readonly covered: InnerList;
  readonly parameters: Parameters;
  /** Undefined when `Signature` lacks the label or has no canonical byte sequence under it. */
  readonly bytes: Uint8Array | undefined;
}

/** Reads the signatures in the order of `Signature-Input`; undefined when a field is malformed. */
export function readSignatures(
  signatureInput: string,
  signature: string,
): StatedSignature[] | undefined {
  const inputs = parseField(signatureInput);
  const values = parseField(signature);
  if (inputs === undefined || values === undefined) return undefined;
  if (inputs.size === 0 || inputs.size > LABELS_MAX) return undefined;
  const signatures: StatedSignature[] = [];
  for (const [label, covered] of inputs) {
    if (!isInnerList(covered) || covered[0].length > COMPONENTS_MAX) return undefined;
    const keyId = covered[1].get('keyid');
    signatures.push({
      keyId: typeof keyId === 'string' ? keyId : undefined,
      covered,
      parameters: covered[1],
      bytes: readBytes(label, values, signature),
    });
  }
  return signatures;
}

function parseField(text: string): Dictionary | undefined {
  if (text.length > FIELD_CHARACTERS_MAX) return undefined;
  try {
    return parseDictionary(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the signature under a label if it is written canonically. The parser ignores padding and
 * the unused bits of the last character, so it reads several texts as the same signature. Without
 * this check, a signature in which a character was changed could still be valid.
 */
function readBytes(label: string, values: Dictionary, text: string): Uint8Array | undefined {
  const value = values.get(label)?.[0];
  if (!(value instanceof ArrayBuffer)) return undefined;
  const bytes = Buffer.from(value);
  return text.includes(`${label}=:${bytes.toString('base64')}:`) ? bytes : undefined;
}
