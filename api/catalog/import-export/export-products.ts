import { RefusedError } from '../../../shared/domain/errors.ts';
import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import { recheck } from '../../access/recheck.ts';
import type { ApiContext } from '../../context.ts';
import type { ProductFilter } from '../product-store.ts';
import type { ProductRequest } from '../schemas.ts';
import { COLUMNS_MAX } from './csv/csv-header.ts';
import { type CsvStyle, CsvWriter } from './csv/write-csv.ts';
import { namesInUse, productPages } from './export-store.ts';
import { textStream } from './text-stream.ts';

/** A client that takes longer than this is cut off. */
const EXPORT_MS_MAX = 120_000;
const NAMED_COLUMNS_MAX = COLUMNS_MAX - 20;

interface ExportRequest {
  /** Whose products they are. */
  readonly shopId: string;
  /** @throws RefusedError when the caller may no longer call */
  checkStillGood(): Promise<void>;
  readonly context: Pick<ApiContext, 'store' | 'fileSlots' | 'log'>;
  readonly filter: ProductFilter;
  readonly format: 'ndjson' | 'csv';
  /** How CSV is written. */
  readonly style: CsvStyle;
}

/**
 * Streams the products of the filter in the form in which they can be imported. No more than a
 * page of them is held at any time.
 * @throws RefusedError invalid_request when there are too many columns for CSV
 * @throws RefusedError too_many_requests when the shop exports too much at once already
 * @throws QueueFullError when too many are being exported by all shops
 */
export async function exportProducts(request: ExportRequest): Promise<ReadableStream<Uint8Array>> {
  const { store, fileSlots, log } = request.context;
  const release = fileSlots.exports.take(request.shopId);
  try {
    const write = request.format === 'csv' ? await csvOf(request) : ndjson;
    const pages = write(whileGood(request, productPages(store, request.filter)));
    return textStream(pages, {
      timeoutMs: EXPORT_MS_MAX,
      onEnd: (error) => {
        release();
        if (error === undefined) return;
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ reason }, 'an export was broken off');
      },
    });
  } catch (error) {
    release();
    throw error;
  }
}

type Pages = ReturnType<typeof productPages>;

/** Breaks off when the caller's key or token ends. */
async function* whileGood({ checkStillGood }: ExportRequest, pages: Pages): Pages {
  const checkAgain = recheck(checkStillGood);
  for await (const page of pages) {
    await checkAgain();
    yield page;
  }
}

async function* ndjson(pages: Pages): AsyncGenerator<string> {
  for await (const page of pages) {
    yield page.map((record) => `${JSON.stringify(productRequestOf(record))}\n`).join('');
  }
}

async function csvOf({ context, filter, style }: ExportRequest) {
  const names = await namesInUse(context.store, filter, NAMED_COLUMNS_MAX);
  if (names.length > NAMED_COLUMNS_MAX) {
    const detail = `There are more than ${NAMED_COLUMNS_MAX} options and attributes: too many for CSV.`;
    throw new RefusedError('invalid_request', detail, [{ path: 'format', message: detail }]);
  }
  const writer = new CsvWriter(names, style);
  return async function* csv(pages: Pages): AsyncGenerator<string> {
    yield writer.header();
    for await (const page of pages) {
      yield page.map((record) => writer.product(record._id, productRequestOf(record))).join('');
    }
  };
}

/** Returns the request that makes a product like this one: all that its shop says of it, no ids. */
function productRequestOf(record: ProductRecord): ProductRequest {
  const { title, description, type, attributes, variants } = record;
  return {
    title,
    ...(description !== undefined && { description }),
    type,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    variants: variants.map(({ id: _, ...variant }) => ({
      ...variant,
      ...(variant.options !== undefined && { options: { ...variant.options } }),
    })),
  } as ProductRequest;
}
