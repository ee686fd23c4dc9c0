import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { LINE_QUANTITY_MAX } from '../../shared/contract/limits.ts';
import type { BrokenRows } from '../replay/csv/broken-rows.ts';
import { readLines } from '../replay/csv/lines.ts';
import { parseLocalTime } from '../replay/csv/local-time.ts';
import { readRows } from '../replay/csv/rows.ts';
import { type FeedEvent, type FeedFault, type FeedRecord, RESULTS, toEvents } from './feed.ts';

/** The fields of a line, each with the names that shops use for it, in any letter case. */
const NAMES = {
  time: ['time', 'timestamp', 'at', 'date', 'created_at'],
  sku: ['sku'],
  quantity: ['quantity', 'units', 'qty'],
  result: ['result', 'status', 'outcome'],
  order: ['order', 'order_id', 'invoice_id'],
} as const;

type Member = keyof typeof NAMES;
type RawLine = Readonly<Partial<Record<Member, unknown>>>;

const REQUIRED: readonly Member[] = ['time', 'sku', 'quantity'];
const LINES_MAX = 5_000_000;
const DOWNLOAD_MS_MAX = 600_000;
const DOWNLOAD_BYTES_MAX = 2_000_000_000;
const ORDER_ID_LENGTH_MAX = 128;
const SKU_LENGTH_MAX = 128;

/**
 * Reads a feed completely: a file or an http(s) URL, CSV with a header or NDJSON, gzipped or not.
 * @throws Error if the feed cannot be read, lacks a column, or is too long
 */
export async function readFeed(source: string, broken: BrokenRows): Promise<FeedEvent[]> {
  if (!/^https?:\/\//.test(source)) return readFile(source, broken);
  const folder = await mkdtemp(join(tmpdir(), 'lastunit-feed-'));
  try {
    const path = join(folder, 'feed');
    await download(source, path);
    return await readFile(path, broken);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readFile(path: string, broken: BrokenRows): Promise<FeedEvent[]> {
  const file = basename(path);
  const onFault = ({ line, fault }: FeedFault) => broken.report(file, line, fault);
  const records: FeedRecord[] = [];
  for await (const group of await readRawLines(path)) {
    for (const { line, raw } of group) {
      const record = typeof raw === 'string' ? raw : toRecord(line, raw);
      if (typeof record === 'string') onFault({ line, fault: record });
      else records.push(record);
    }
    if (records.length > LINES_MAX) throw new Error(`the feed has more than ${LINES_MAX} lines`);
  }
  return toEvents(records, onFault);
}

/** A line; `raw` is its fault if it cannot be read. */
type ReadLine = { readonly line: number; readonly raw: RawLine | string };

async function readRawLines(path: string): Promise<AsyncIterable<ReadLine[]>> {
  const first = await readFirstLine(path);
  return first.trimStart().startsWith('{') ? readJson(path) : readCsv(path, first);
}

async function readFirstLine(path: string): Promise<string> {
  for await (const { lines } of readLines(path)) {
    const [first] = lines;
    if (first !== undefined) return first.replace('\ufeff', '');
  }
  throw new Error(`${basename(path)} is empty`);
}

async function* readJson(path: string): AsyncGenerator<ReadLine[]> {
  for await (const { first, lines } of readLines(path)) {
    yield lines.flatMap((text, index) => {
      if (text.trim() === '') return [];
      return [{ line: first + index, raw: parseJson(text.replace('\ufeff', '')) }];
    });
  }
}

function parseJson(text: string): RawLine | string {
  try {
    const parsed = z.record(z.string(), z.unknown()).safeParse(JSON.parse(text));
    if (!parsed.success) return 'it is not a JSON object';
    // Database exports write null for missing values.
    const present = Object.entries(parsed.data).filter(([, value]) => value !== null);
    return pickMembers(new Map(present.map(([name, value]) => [name.toLowerCase(), value])));
  } catch {
    return 'it is not valid JSON';
  }
}

async function* readCsv(path: string, header: string): AsyncGenerator<ReadLine[]> {
  const names = header.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  const originalNames = new Map(names.map((name) => [name.toLowerCase(), name]));
  const columns = Object.values(NAMES).flatMap((aliases) =>
    aliases.flatMap((name) => originalNames.get(name) ?? []),
  );
  const headerFields = pickMembers(originalNames);
  const missing = REQUIRED.filter((member) => headerFields[member] === undefined);
  if (missing.length > 0) {
    throw new Error(`${basename(path)} line 1: the header lacks ${missing.join(', ')}`);
  }
  for await (const rows of readRows(path, columns)) {
    yield rows.map((row) => {
      if ('fault' in row) return { line: row.line, raw: row.fault };
      const cells = Object.entries(row.cells).flatMap(([name, cell]) => {
        const text = String(cell).trim();
        return text === '' ? [] : [[name.toLowerCase(), text] as const];
      });
      return { line: row.line, raw: pickMembers(new Map(cells)) };
    });
  }
}

/**
 * Returns each field under the first of its names that is present; `values` has lower-case names.
 */
function pickMembers(values: ReadonlyMap<string, unknown>): RawLine {
  const picked: Partial<Record<Member, unknown>> = {};
  for (const [member, names] of Object.entries(NAMES)) {
    picked[member as Member] = names
      .map((name) => values.get(name))
      .find((value) => value !== undefined);
  }
  return picked;
}

function toRecord(line: number, raw: RawLine): FeedRecord | string {
  const at = parseTime(raw.time);
  if (at === undefined) return `the time ${show(raw.time)} is not like 2010-12-01T08:26:00Z`;
  const sku = typeof raw.sku === 'number' ? String(raw.sku) : raw.sku;
  if (typeof sku !== 'string' || sku === '' || sku.length > SKU_LENGTH_MAX) {
    return `the sku ${show(raw.sku)} is not 1 to ${SKU_LENGTH_MAX} characters`;
  }
  const resultText =
    typeof raw.result === 'string' ? raw.result.toLowerCase() : (raw.result ?? 'accepted');
  const result = RESULTS.find((word) => word === resultText);
  if (result === undefined) return `the result ${show(resultText)} is not ${RESULTS.join(', ')}`;
  const orderId = raw.order === undefined ? undefined : String(raw.order);
  if (orderId !== undefined && orderId.length > ORDER_ID_LENGTH_MAX) {
    return `the order is longer than ${ORDER_ID_LENGTH_MAX} characters`;
  }
  if (result === 'cancelled' && orderId === undefined)
    return 'a cancelled line needs the id of its order';
  const min = { stock: 0, delivery: -LINE_QUANTITY_MAX, accepted: 1, refused: 1, cancelled: 1 };
  const quantity = raw.quantity === undefined ? Number.NaN : Number(raw.quantity);
  const isWhole = Number.isInteger(quantity) && quantity >= min[result];
  if (!isWhole || quantity > LINE_QUANTITY_MAX) {
    return `the quantity ${show(raw.quantity)} is not a whole number from ${min[result]} to ${LINE_QUANTITY_MAX}`;
  }
  return { at, line, sku, quantity, result, orderId };
}

const WITH_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;
const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{1,9}$/;

/** Parses a time, as text or in ms since 1970. */
function parseTime(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const local = parseLocalTime(value);
  if (local !== undefined) return local;
  if (WITHOUT_ZONE.test(value)) return validTime(Date.parse(`${value.replace(' ', 'T')}Z`));
  return WITH_ZONE.test(value) ? validTime(Date.parse(value.replace(' ', 'T'))) : undefined;
}

function validTime(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : ms;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? '(missing)';
}

async function download(url: string, path: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS_MAX) });
  if (!response.ok || response.body === null) {
    throw new Error(`the feed's URL responded with ${response.status}`);
  }
  let bytes = 0;
  const bound = new Transform({
    transform: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      const error = new Error(`the feed has more than ${DOWNLOAD_BYTES_MAX} bytes`);
      if (bytes > DOWNLOAD_BYTES_MAX) done(error);
      else done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), bound, createWriteStream(path));
}
