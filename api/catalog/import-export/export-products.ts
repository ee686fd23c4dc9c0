import { RefusedError } from '../../../shared/domain/errors.ts';
import { pick } from '../../../shared/domain/pick.ts';
import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { CatalogContext } from '../context.ts';
import type { ProductFilter } from '../product-store.ts';
import type { ProductRequest } from '../schemas.ts';
import { COLUMNS_MAX } from './csv/csv-header.ts';
import { CsvWriter } from './csv/write-csv.ts';
import type { CsvStyle } from './csv/write-row.ts';
import { type FileRequest, streamFile } from './stream-file.ts';

/**
 * The maximum number of columns for options and attributes. The other 30 are more than enough for
 * the columns that every file has.
 */
const NAMED_COLUMNS_MAX = COLUMNS_MAX - 30;
const PAGE_PRODUCTS = 200;
/** MongoDB ends the search for column names after this time. */
export const COLUMN_NAMES_TIMEOUT_MS = 20_000;

interface ExportRequest extends FileRequest {
  readonly context: Pick<CatalogContext, 'store' | 'fileSlots' | 'log'>;
  readonly filter: ProductFilter;
  readonly format: 'ndjson' | 'csv';
  readonly style: CsvStyle;
}

/**
 * Streams the products that match the filter as a file that can be imported. Keeps at most one page
 * of products in memory.
 * @throws RefusedError invalid_request if CSV would have too many columns; too_many_requests if the
 *   shop already has two exports in this process
 * @throws QueueFullError if all shops together have too many exports in this process
 */
export function exportProducts(request: ExportRequest): Promise<ReadableStream<Uint8Array>> {
  const { context, filter, format } = request;
  return streamFile(request, productPages(context.store, filter), () =>
    format === 'csv' ? startCsv(request) : Promise.resolve(ndjson),
  );
}

type Pages = ReturnType<typeof productPages>;

async function* ndjson(pages: Pages): AsyncGenerator<string> {
  for await (const page of pages) {
    yield page.map((record) => `${JSON.stringify(toProductRequest(record))}\n`).join('');
  }
}

async function startCsv({ context, filter, style }: ExportRequest) {
  const names = await findColumnNames(context.store, filter, NAMED_COLUMNS_MAX);
  if (names.length > NAMED_COLUMNS_MAX) {
    const detail = `There are more than ${NAMED_COLUMNS_MAX} options and attributes, too many for CSV. Use format=ndjson.`;
    throw new RefusedError('invalid_request', detail, [{ path: 'format', message: detail }]);
  }
  const writer = new CsvWriter(names, style);
  return async function* csv(pages: Pages): AsyncGenerator<string> {
    yield writer.header();
    for await (const page of pages) {
      yield page.map((record) => writer.product(record._id, toProductRequest(record))).join('');
    }
  };
}

/** Returns the request that would create a product like this one, without ids. */
function toProductRequest(record: ProductRecord): ProductRequest {
  const { title, description, type, attributes, variants, purchaseLimit } = record;
  return {
    title,
    ...(description !== undefined && { description }),
    type,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(purchaseLimit !== undefined && { purchaseLimit }),
    ...pick(record, 'publishAt', 'saleFrom', 'saleUntil', 'tags', 'media', 'metadata'),
    variants: variants.map(({ id: _, ...variant }) => ({
      ...variant,
      ...(variant.options !== undefined && { options: { ...variant.options } }),
    })),
  } as ProductRequest;
}

/**
 * Finds the CSV columns of all options and attributes in use. Returns at most `max` + 1 names, so
 * that the caller sees whether there are more than `max`.
 */
async function findColumnNames(
  store: Store,
  filter: ProductFilter,
  max: number,
): Promise<string[]> {
  const toNames = (kind: string, expression: string) => ({
    $map: {
      input: { $objectToArray: { $ifNull: [expression, {}] } },
      as: 'field',
      in: { $concat: [`${kind}.`, '$$field.k'] },
    },
  });
  const optionNames = {
    $reduce: {
      input: '$variants.options',
      initialValue: [],
      in: { $setUnion: ['$$value', toNames('options', '$$this')] },
    },
  };
  const names = await store.products
    .aggregate<{ _id: string }>(
      [
        { $match: filter },
        { $project: { names: { $setUnion: [toNames('attributes', '$attributes'), optionNames] } } },
        { $unwind: '$names' },
        { $group: { _id: '$names' } },
        { $sort: { _id: 1 } },
        { $limit: max + 1 },
      ],
      { maxTimeMS: COLUMN_NAMES_TIMEOUT_MS },
    )
    .toArray();
  return names.map(({ _id }) => _id);
}

/** Reads all products that match the filter in pages, the oldest first. */
async function* productPages(store: Store, filter: ProductFilter): AsyncGenerator<ProductRecord[]> {
  const cursor = store.products
    .find<ProductRecord>(filter, { sort: { _id: 1 }, batchSize: PAGE_PRODUCTS })
    .project<ProductRecord>({ listed: 0 });
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}
