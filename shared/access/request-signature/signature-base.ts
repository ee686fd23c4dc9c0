import { createHmac } from 'node:crypto';
import { type InnerList, serializeInnerList } from 'structured-headers';
import type { SignedMessage } from './message.ts';

/** Why a covered component cannot be serialized. */
type ComponentFault = 'malformed' | 'component_unsupported' | 'component_missing';

/** The text that is signed (RFC 9421, 2.5), or why it cannot be built. */
export type SignatureBase = { readonly base: string } | { readonly fault: ComponentFault };

const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
const LINE_BREAK = /[\r\n]/;

/**
 * Serializes the covered components in their order, followed by the parameters of the signature.
 * Component parameters (`;sf`, `;bs`, `;key`, `;tr`, `;req`) are not supported.
 */
export function signatureBase(covered: InnerList, message: SignedMessage): SignatureBase {
  const seen = new Set<string>();
  let base = '';
  for (const [name, parameters] of covered[0]) {
    if (typeof name !== 'string' || seen.has(name)) return { fault: 'malformed' };
    if (parameters.size > 0) return { fault: 'component_unsupported' };
    seen.add(name);
    const value = name.startsWith('@') ? derivedValue(name, message) : fieldValue(name, message);
    if (typeof value !== 'string') return value;
    // A value with a line break could contain lines that look like other components.
    if (LINE_BREAK.test(value)) return { fault: 'malformed' };
    base += `"${name}": ${value}\n`;
  }
  return { base: `${base}"@signature-params": ${serializeInnerList(covered)}` };
}

/** Returns the HMAC-SHA-256 of a signature base (RFC 9421, 3.3.3): 32 bytes. */
export function computeSignature(base: string, secret: string | Uint8Array): Buffer {
  // Header fields are bytes, which Node decodes as Latin-1.
  return createHmac('sha256', secret).update(base, 'latin1').digest();
}

function derivedValue(
  name: string,
  { method, target }: SignedMessage,
): string | { fault: ComponentFault } {
  switch (name) {
    case '@method':
      return method;
    case '@target-uri':
      return `${target.scheme}://${target.authority}${target.path}${target.query}`;
    case '@authority':
      return target.authority;
    case '@scheme':
      return target.scheme;
    case '@request-target':
      return `${target.path}${target.query}`;
    case '@path':
      return target.path;
    case '@query':
      return target.query === '' ? '?' : target.query;
    default:
      return { fault: 'component_unsupported' };
  }
}

function fieldValue(name: string, message: SignedMessage): string | { fault: ComponentFault } {
  if (!FIELD_NAME.test(name)) return { fault: 'malformed' };
  return message.header(name)?.trim() ?? { fault: 'component_missing' };
}
