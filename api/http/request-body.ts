import type { Context } from 'hono';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX } from '../../shared/contract/limits.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { findDuplicateMember } from './duplicate-members.ts';
import { announcesBody, incomingBody, isReadFromConnection } from './node-request.ts';
import { findReservedMember } from './reserved-members.ts';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;
const OTHER_CHARSET = /^charset\s*=\s*(?!"?utf-?8"?$)/;

/** The bodies that a route accepts if it reads them as a stream. */
export interface UploadSpec {
  /** The media types, without parameters, in lower case. */
  readonly mediaTypes: readonly string[];
  /** An example of a body for each media type. */
  readonly examples: Readonly<Record<string, string>>;
  readonly bytesMax: number;
}

/** A body that is read as a stream. */
export interface Upload {
  readonly mediaType: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** The body of one request. It is read once, and at most 1 MiB of it is held in memory. */
export class RequestBody {
  readonly #c: Context;
  #bytes: Promise<Buffer> | undefined;
  #isArriving = false;
  #isGivenUp = false;

  constructor(c: Context) {
    this.#c = c;
  }

  /**
   * Gives up the body if it is being read and has not arrived. The request is then not served, even
   * if the body arrives later.
   * @returns false if the body has arrived, or is not being read
   */
  giveUp(): boolean {
    this.#isGivenUp = this.#isArriving;
    return this.#isGivenUp;
  }

  /**
   * Returns the bytes of the body as they were sent, for example to check a signature.
   * @throws RefusedError body_too_large
   */
  bytes(): Promise<Buffer> {
    this.#bytes ??= this.#arrival(this.#readBytes());
    return this.#bytes;
  }

  /**
   * Returns the parsed JSON of the body; `{}` without a body and a content type.
   * @throws RefusedError unsupported_media_type, body_too_large, or as `parseJson`
   */
  async json(): Promise<unknown> {
    const type = this.#c.req.header('content-type');
    // If there is no body, the validation of {} lists the missing fields.
    if (type === undefined && (await this.bytes()).length === 0) return {};
    if (!JSON_TYPE.test(this.#plainType() ?? '')) {
      throw unsupported('The body must be application/json, in UTF-8 and not compressed.');
    }
    const text = await this.#text();
    return parseJson(text);
  }

  /** As `json`, but returns `{}` for an empty body. */
  async jsonOrNothing(): Promise<unknown> {
    return (await this.bytes()).length === 0 ? {} : this.json();
  }

  /** As `jsonOrNothing`, but returns undefined if no body was sent. For routes without a body. */
  async jsonIfSent(): Promise<unknown> {
    return announcesBody(this.#c) ? this.jsonOrNothing() : undefined;
  }

  /**
   * Returns the body as a stream, for bodies that are too large for memory. If the body was already
   * read to check a signature, the stream comes from memory and is limited to 1 MiB.
   * @throws RefusedError unsupported_media_type or body_too_large; the chunks may throw the latter
   * too
   */
  upload({ mediaTypes, bytesMax }: UploadSpec): Upload {
    const mediaType = this.#uploadType(mediaTypes);
    if (Number(this.#c.req.header('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax);
    return { mediaType, chunks: this.#chunks(bytesMax) };
  }

  #uploadType(mediaTypes: readonly string[]): string {
    const type = this.#plainType();
    if (type !== undefined && mediaTypes.includes(type)) return type;
    const detail = `The body must be ${mediaTypes.join(' or ')}, in UTF-8 and not compressed.`;
    throw unsupported(detail);
  }

  /**
   * Returns the media type without its parameters, in lower case; undefined if the headers name a
   * compression or another charset than UTF-8.
   */
  #plainType(): string | undefined {
    const encodings = this.#c.req.header('content-encoding') ?? '';
    if (encodings !== '' && !encodings.split(',').every(isIdentity)) return undefined;
    const header = this.#c.req.header('content-type') ?? '';
    if (header === 'application/json') return header;
    const [type = '', ...parameters] = header
      .toLowerCase()
      .split(';')
      .map((part) => part.trim());
    const isUtf8 = parameters.every((parameter) => !OTHER_CHARSET.test(parameter));
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
    if (this.#bytes === undefined && this.#hasDeclaredLength()) {
      return this.#arrival(this.#c.req.text());
    }
    return (await this.bytes()).toString('utf8');
  }

  async #arrival<T>(reading: Promise<T>): Promise<T> {
    this.#isArriving = true;
    try {
      const content = await reading;
      if (!this.#isGivenUp) return content;
    } catch (error) {
      // The connection has broken. Its error must not be taken for one of the database.
      if (error instanceof RefusedError) throw error;
    } finally {
      this.#isArriving = false;
    }
    throw lateBody();
  }

  /**
   * Returns whether the body has a declared length, which the HTTP parser enforces.
   * @throws RefusedError body_too_large
   */
  #hasDeclaredLength(): boolean {
    const declared = this.#c.req.header('content-length');
    if (declared === undefined || this.#c.req.header('transfer-encoding') !== undefined) {
      return false;
    }
    if (Number(declared) > BODY_BYTES_MAX) throw tooLarge();
    return true;
  }

  async #readBytes(): Promise<Buffer> {
    if (this.#hasDeclaredLength() && !isReadFromConnection(this.#c)) {
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
 * @param what names the text in messages
 * @throws RefusedError malformed_json, also if the text is nested too deep, repeats a member or is
 * not Unicode; invalid_request if a member is named `__proto__`
 */
export function parseJson(text: string, what = 'The body'): unknown {
  checkDepth(text, what);
  // The decoder replaces bytes that are not UTF-8 by this character. So a text that contains the
  // character itself is refused too.
  if (text.includes('\ufffd')) throw notUnicode(what);
  const value = parseOrRefuse(text, what);
  const repeated = findDuplicateMember(text, value);
  if (repeated !== undefined) {
    throw refuseField('malformed_json', repeated, `${what} has this member more than once.`);
  }
  const reserved = findReservedMember(text, value);
  if (reserved !== undefined) {
    throw refuseField('invalid_request', reserved, 'This name is not allowed.');
  }
  if (SURROGATE_ESCAPE.test(text) && !isUnicode(value)) throw notUnicode(what);
  return value;
}

function parseOrRefuse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RefusedError('malformed_json', `${what} is not well-formed JSON.`);
  }
}

function notUnicode(what: string): RefusedError {
  return new RefusedError(
    'malformed_json',
    `${what} contains text that is not valid Unicode in UTF-8.`,
  );
}

/** Half a surrogate pair can only come from an escape, because UTF-8 cannot encode it. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

function isUnicode(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isUnicode(member));
}

function isIdentity(encoding: string): boolean {
  return ['', 'identity'].includes(encoding.trim().toLowerCase());
}

function unsupported(detail: string): RefusedError {
  return new RefusedError('unsupported_media_type', detail);
}

/** The refusal of a body that has not arrived in time. Nothing was done yet for its request. */
export function lateBody(): RefusedError {
  return new RefusedError('request_timeout', 'The body did not arrive in time.');
}

function tooLarge(bytesMax: number = BODY_BYTES_MAX): RefusedError {
  return new RefusedError('body_too_large', `The body may have at most ${bytesMax} bytes.`);
}

/**
 * Refuses deep nesting, because parsers recurse. Counts the open brackets outside strings.
 * @throws RefusedError malformed_json
 */
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
      throw new RefusedError(
        'malformed_json',
        `${what} is nested more than ${JSON_DEPTH_MAX} levels deep.`,
      );
    }
  }
}

/** Returns false for a text with few opening brackets, so most bodies need only this check. */
function mayBeTooDeep(text: string): boolean {
  let brackets = 0;
  for (const opening of ['{', '[']) {
    for (let from = text.indexOf(opening); from >= 0; from = text.indexOf(opening, from + 1)) {
      brackets += 1;
      if (brackets > JSON_DEPTH_MAX) return true;
    }
  }
  return false;
}
