import type { Context } from 'hono';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX } from '../../shared/contract/limits.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { findDuplicateMember } from './duplicate-members.ts';
import { announcesBody, incomingBody, isReadFromConnection } from './incoming-body.ts';
import { findReservedMember } from './reserved-members.ts';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;
const OTHER_CHARSET = /^charset\s*=\s*(?!"?utf-?8"?$)/;

/** What a route takes that reads its body while it arrives. */
export interface UploadSpec {
  /** Without parameters, in lower case. */
  readonly mediaTypes: readonly string[];
  /** What a body looks like, by its type. */
  readonly examples: Readonly<Record<string, string>>;
  readonly bytesMax: number;
}

/** A body that is read while it arrives. */
export interface Upload {
  readonly mediaType: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The body of one request, read once, never more than 1 MiB of it held in memory. */
export class RequestBody {
  readonly #c: Context;
  #bytes: Promise<Buffer> | undefined;

  constructor(c: Context) {
    this.#c = c;
  }

  /**
   * The bytes as they were sent, for those who check them before anybody parses them.
   * @throws RefusedError body_too_large
   */
  bytes(): Promise<Buffer> {
    this.#bytes ??= this.#readBytes();
    return this.#bytes;
  }

  /** @throws RefusedError unsupported_media_type, body_too_large or malformed_json */
  async json(): Promise<unknown> {
    const type = this.#c.req.header('content-type');
    // Who sends nothing at all is told which fields are missing.
    if (type === undefined && (await this.bytes()).length === 0) return {};
    if (!JSON_TYPE.test(this.#plainType() ?? '')) {
      throw unsupported('The body must be application/json, in UTF-8 and not compressed.');
    }
    const text = await this.#text();
    return parseJson(text);
  }

  /** As `json`, but no body at all is `{}`. */
  async jsonOrNothing(): Promise<unknown> {
    return (await this.bytes()).length === 0 ? {} : this.json();
  }

  /** As `jsonOrNothing`, for a route that takes no body: undefined unless one was sent. */
  async jsonIfSent(): Promise<unknown> {
    return announcesBody(this.#c) ? this.jsonOrNothing() : undefined;
  }

  /**
   * The body while it arrives, for what is too large to be held. What was read to check a
   * signature comes out of memory, and is held to the bound of such bodies.
   * @throws RefusedError unsupported_media_type or body_too_large, the latter also while reading
   */
  upload({ mediaTypes, bytesMax }: UploadSpec): Upload {
    const mediaType = this.#uploadType(mediaTypes);
    if (Number(this.#c.req.header('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
    return { mediaType, chunks: this.#chunks(bytesMax) };
  }

  #uploadType(mediaTypes: readonly string[]): string {
    const type = this.#plainType();
    if (type !== undefined && mediaTypes.includes(type)) return type;
    const wanted = `The body must be ${mediaTypes.join(' or ')}, in UTF-8 and not compressed.`;
    throw unsupported(wanted);
  }

  /**
   * The media type without its parameters, in lower case; undefined where the body is compressed or
   * not in UTF-8.
   */
  #plainType(): string | undefined {
    const encodings = this.#c.req.header('content-encoding') ?? '';
    if (encodings !== '' && !encodings.split(',').every(isIdentity)) return undefined;
    const given = this.#c.req.header('content-type') ?? '';
    if (given === 'application/json') return given;
    const [type = '', ...parameters] = given
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    const isUtf8 = parameters.every((each) => !OTHER_CHARSET.test(each));
    return isUtf8 ? type : undefined;
  }

  async *#chunks(bytesMax: number): AsyncGenerator<Uint8Array> {
    if (this.#bytes !== undefined) {
      yield await this.#bytes;
      return;
    }
    let count = 0;
    for await (const chunk of this.#c.req.raw.body ?? []) {
      count += chunk.byteLength;
      if (count > bytesMax) throw tooLarge(bytesMax);
      yield chunk;
    }
  }

  async #text(): Promise<string> {
    if (this.#bytes === undefined && this.#hasHonestLength()) return this.#c.req.text();
    return (await this.bytes()).toString('utf8');
  }

  /** With a declared length the HTTP parser holds the sender to it; without one, we count. */
  #hasHonestLength(): boolean {
    const declared = this.#c.req.header('content-length');
    if (declared === undefined || this.#c.req.header('transfer-encoding') !== undefined) {
      return false;
    }
    if (Number(declared) > BODY_BYTES_MAX) throw tooLarge();
    return true;
  }

  async #readBytes(): Promise<Buffer> {
    if (this.#hasHonestLength() && !isReadFromConnection(this.#c)) {
      return Buffer.from(await this.#c.req.arrayBuffer());
    }
    const chunks: Uint8Array[] = [];
    let count = 0;
    for await (const chunk of incomingBody(this.#c)) {
      count += chunk.byteLength;
      if (count > BODY_BYTES_MAX) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}

/**
 * Parses a JSON text.
 * @throws RefusedError malformed_json, also when it nests too deep, repeats a member or is not
 * Unicode; invalid_request when a member is named `__proto__`
 */
export function parseJson(text: string, what = 'The body'): unknown {
  checkDepth(text, what);
  // What is not UTF-8 has been decoded to this; nobody means to send it.
  if (text.includes('\ufffd')) throw notUnicode(what);
  const value = parsed(text, what);
  const repeated = findDuplicateMember(text, value);
  if (repeated !== undefined) {
    throw refuseField('malformed_json', repeated, `${what} has this member more than once.`);
  }
  const reserved = findReservedMember(text, value);
  if (reserved !== undefined) {
    throw refuseField('invalid_request', reserved, 'No member may have this name.');
  }
  if (SURROGATE_ESCAPE.test(text) && !isUnicode(value)) throw notUnicode(what);
  return value;
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RefusedError('malformed_json', `${what} is not well-formed JSON.`);
  }
}

function notUnicode(what: string): RefusedError {
  return new RefusedError('malformed_json', `${what} holds what is no Unicode text in UTF-8.`);
}

/** Half a character can be written as an escape only, and stored as itself not at all. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

function isUnicode(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, each]) => name.isWellFormed() && isUnicode(each));
}

function isIdentity(encoding: string): boolean {
  return ['', 'identity'].includes(encoding.trim().toLowerCase());
}

function unsupported(detail: string): RefusedError {
  return new RefusedError('unsupported_media_type', detail);
}

function tooLarge(bytesMax: number = BODY_BYTES_MAX): RefusedError {
  return new RefusedError('body_too_large', `The body may have ${bytesMax} bytes at most.`);
}

/** Counts open brackets outside strings: nothing here needs deep nesting, and parsers recurse. */
function checkDepth(text: string, what: string): void {
  if (!mayBeTooDeep(text)) return;
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') isInString = !isInString;
    else if (isInString && character === '\\') index += 1;
    else if (!isInString && (character === '{' || character === '[')) depth += 1;
    else if (!isInString && (character === '}' || character === ']')) depth -= 1;
    if (depth > JSON_DEPTH_MAX) {
      throw new RefusedError('malformed_json', `${what} nests deeper than ${JSON_DEPTH_MAX}.`);
    }
  }
}

/** A text with few opening brackets cannot nest deeply; most bodies are let off with this. */
function mayBeTooDeep(text: string): boolean {
  let brackets = 0;
  let from = 0;
  for (const opening of ['{', '[']) {
    for (from = text.indexOf(opening); from >= 0; from = text.indexOf(opening, from + 1)) {
      brackets += 1;
      if (brackets > JSON_DEPTH_MAX) return true;
    }
  }
  return false;
}
