import { productsOwnedBy } from '../../access/visibility.ts';
import { sellers } from '../../http/access.ts';
import type { UploadSpec } from '../../http/request-body.ts';
import { route } from '../context.ts';
import { PRODUCT_FILE_EXAMPLES } from '../examples.ts';
import { COLUMN_NAMES_TIMEOUT_MS, exportProducts } from './export-products.ts';
import { fileResponse } from './file-response.ts';
import { IMPORT_TIMEOUT_MS, importProducts } from './import-products.ts';
import { MEDIA_TYPES } from './read/read-products.ts';
import { exportQuery, importQuery, importResult, toCsvStyle } from './schemas.ts';
import { upsertProducts } from './upsert-products.ts';

const UPLOAD: UploadSpec = {
  mediaTypes: MEDIA_TYPES,
  examples: PRODUCT_FILE_EXAMPLES,
  bytesMax: 32 * 1_048_576,
};

export const postImport = route(
  {
    method: 'post',
    path: '/v1/products/import',
    operationId: 'products.import',
    tag: 'catalog',
    summary: 'Import products from a file',
    description:
      'The body is the file: NDJSON with a product request on each line, or CSV with a row for ' +
      'each variant. It may have at most 32 MiB (1 MiB if the request is signed) and 50,000 lines, and ' +
      'with `mode=upsert` 10,000 products. A shop can run one import at a time.',
    access: sellers('catalog:write'),
    upload: UPLOAD,
    query: importQuery,
    timeoutMs: IMPORT_TIMEOUT_MS,
    responses: {
      200: { description: 'The result of the import.', schema: importResult },
      400: { description: 'Bad input.' },
      408: { description: 'The body did not arrive in time.' },
      409: { description: 'Another import of the shop is under way.' },
      413: { description: 'The body is too large.' },
      415: { description: 'The body is neither NDJSON nor CSV.' },
      422: {
        description:
          'The file was refused; `errors` contains the faults and their lines. Nothing was imported, ' +
          'except with `mode=upsert`: products before the fault may have been changed.',
      },
    },
  },
  async (input) => {
    const { query, requestBody } = input;
    const upload = requestBody.upload(UPLOAD);
    const { mode, publish } = query;
    const body =
      mode === 'upsert'
        ? await upsertProducts(input, { publish, upload })
        : await importProducts(input, { mode, publish, upload });
    return { status: 200, body };
  },
);

export const getExport = route(
  {
    method: 'get',
    path: '/v1/products/export',
    operationId: 'products.export',
    tag: 'catalog',
    summary: 'Export the shop’s own products',
    description:
      'Drafts and published products, the oldest first, as a file that can be imported: NDJSON or CSV. ' +
      'If the connection breaks before the end, the file is incomplete.',
    access: sellers('catalog:read'),
    query: exportQuery,
    timeoutMs: COLUMN_NAMES_TIMEOUT_MS + 5_000,
    responses: {
      200: { description: 'The file.', media: PRODUCT_FILE_EXAMPLES },
      400: { description: 'Bad input, or too many columns for CSV.' },
      429: {
        description:
          'The quota is used up, or this API process already serves two exports of the shop.',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async ({ context, principal, query, checkStillAuthorized }) => {
    const { format, status } = query;
    const style = toCsvStyle(query);
    const filter = { ...productsOwnedBy(principal), ...(status && { status }) };
    const { shopId } = principal;
    const request = { context, shopId, checkStillAuthorized, filter, format, style };
    return fileResponse(await exportProducts(request), 'products', format);
  },
);
