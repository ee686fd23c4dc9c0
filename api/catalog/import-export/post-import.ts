import { sellers } from '../../http/access.ts';
import type { UploadSpec } from '../../http/request-body.ts';
import { route } from '../context.ts';
import { PRODUCT_FILE_EXAMPLES } from '../examples.ts';
import { IMPORT_TIMEOUT_MS, importProducts } from './import-products.ts';
import { MEDIA_TYPES } from './read/read-products.ts';
import { importQuery, importResult } from './schemas.ts';

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
      'each variant. It may have 32 MiB (1 MiB if the request is signed) and 50,000 lines. A shop ' +
      'can run one import at a time.',
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
      415: { description: 'Neither NDJSON nor CSV.' },
      422: { description: 'Nothing was imported; `errors` contains the faults and their lines.' },
    },
  },
  async (input) => {
    const { query, requestBody } = input;
    const upload = requestBody.upload(UPLOAD);
    return { status: 200, body: await importProducts(input, { ...query, upload }) };
  },
);
