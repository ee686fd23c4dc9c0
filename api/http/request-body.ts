import type { Context } from 'hono';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/** The body of one request, read once, never more than 1 MiB of it. */
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
    if (type === undefined || !JSON_TYPE.test(type)) {
      throw new RefusedError('unsupported_media_type', 'The body must be application/json.');
    }
    const text = await this.#text();
    checkDepth(text);
    try {
      return JSON.parse(text);
    } catch {
      throw new RefusedError('malformed_json', 'The body is not well-formed JSON.');
    }
  }

  /** As `json`, but no body at all is `{}`. */
  async jsonOrNothing(): Promise<unknown> {
    return (await this.bytes()).length === 0 ? {} : this.json();
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
    if (this.#hasHonestLength()) return Buffer.from(await this.#c.req.arrayBuffer());
    const body = this.#c.req.raw.body;
    if (body === null) return Buffer.alloc(0);
    const chunks: Uint8Array[] = [];
    let count = 0;
    for await (const chunk of body) {
      count += chunk.byteLength;
      if (count > BODY_BYTES_MAX) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}

function tooLarge(): RefusedError {
  return new RefusedError('body_too_large', `The body may have ${BODY_BYTES_MAX} bytes at most.`);
}

/** Counts open brackets outside strings: nothing here needs deep nesting, and parsers recurse. */
function checkDepth(text: string): void {
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
      throw new RefusedError('malformed_json', `The body nests deeper than ${JSON_DEPTH_MAX}.`);
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
