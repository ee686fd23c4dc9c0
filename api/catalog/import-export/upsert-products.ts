import { RefusedError } from '../../../shared/domain/errors.ts';
import { finishImport } from '../../../shared/imports/finish-import.ts';
import { ImportLostError, openImport, whileRenewed } from '../../../shared/imports/import-lease.ts';
import { errorMessage } from '../../../shared/runtime/error-message.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import type { Upload } from '../../http/request-body.ts';
import type { CatalogContext } from '../context.ts';
import { LineReport } from './line-report.ts';
import { type Candidate, FileFault, type Parsed, toFaults } from './read/candidate.ts';
import { inTime } from './read/in-time.ts';
import { readProducts } from './read/read-products.ts';
import { type Upserted, upsertProduct } from './upsert-product.ts';

/** The file must be received and applied within this time. */
const UPSERT_MS_MAX = 75_000;
/** The maximum number of products in one file. */
export const UPSERT_PRODUCTS_MAX = 10_000;
/** Products that are changed at the same time. */
const CONCURRENCY = 8;

interface UpsertRequest {
  readonly upload: Upload;
  /** Whether new products are published at once. */
  readonly publish: boolean;
}

/** The number of products with each outcome, and the report of the lines that failed. */
export type UpsertResult = LineReport['summary'] & Readonly<Record<Upserted, number>>;

/**
 * Changes the products of a file by their SKUs, and stores products that are new. Each product is
 * changed whole or not at all. Importing the same file again changes nothing, except that counts
 * restore units that were sold in between.
 * @throws RefusedError import_refused if the file as a whole cannot be read, import_in_progress,
 *   upload_incomplete or body_too_large; products before the fault may then have been changed
 */
export async function upsertProducts(
  caller: AuditedCaller<CatalogContext>,
  { upload, publish }: UpsertRequest,
): Promise<UpsertResult> {
  const { context, principal } = caller;
  const { shopId } = principal;
  const release = context.fileSlots.imports.take(shopId);
  try {
    const held = await openImport(context.store, { shopId, publish });
    try {
      const result = await whileRenewed(context.store, held, () =>
        upsertFile(caller, { upload, publish }),
      );
      await recordUpsert(caller, result);
      return result;
    } finally {
      // Nothing is staged, so this only ends the import.
      await finishImport(context.store, held).catch((error: unknown) => {
        if (!(error instanceof ImportLostError)) throw error;
        context.log.warn({ reason: errorMessage(error) }, 'an import was ended by another process');
      });
    }
  } finally {
    release();
  }
}

async function upsertFile(
  caller: AuditedCaller<CatalogContext>,
  { upload, publish }: UpsertRequest,
): Promise<UpsertResult> {
  const report = new LineReport();
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const lineOfSku = new Map<string, number>();
  const chunks = inTime(upload.chunks, performance.now() + UPSERT_MS_MAX);
  const apply = async (candidate: Candidate) => {
    try {
      counts[await upsertProduct(caller, candidate, { publish, lineOfSku })] += 1;
    } catch (error) {
      report.add({ faults: toFaults(error, candidate), rows: candidate.rows });
    }
  };
  try {
    let products = 0;
    let batch: Candidate[] = [];
    for await (const parsed of readProducts(upload.mediaType, chunks, { hasStock: true })) {
      if (isUnreadable(parsed)) {
        report.add(parsed);
        continue;
      }
      products += 1;
      if (products > UPSERT_PRODUCTS_MAX) throw tooMany(parsed.line);
      batch.push(parsed);
      if (batch.length < CONCURRENCY) continue;
      await Promise.all(batch.map(apply));
      batch = [];
    }
    await Promise.all(batch.map(apply));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    report.add({ faults: error.faults, rows: [] });
    const { summary } = report;
    const detail =
      'The file cannot be read to its end. Products before the error may have been changed.';
    throw new RefusedError('import_refused', detail, [], summary);
  }
  return { ...counts, ...report.summary };
}

function isUnreadable(parsed: Parsed): parsed is Exclude<Parsed, Candidate> {
  return 'faults' in parsed;
}

function tooMany(line: number): FileFault {
  const message = `A file may have at most ${UPSERT_PRODUCTS_MAX} products.`;
  return new FileFault({ line, path: '', code: 'too_many_lines', message });
}

async function recordUpsert(
  caller: AuditedCaller<CatalogContext>,
  { created, updated, unchanged, failed }: UpsertResult,
): Promise<void> {
  if (created + updated === 0) return;
  const detail = { mode: 'upsert', created, updated, unchanged, failed };
  await recordAudit(caller, 'products.imported', { detail });
}
