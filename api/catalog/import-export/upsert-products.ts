import { RefusedError } from '../../../shared/domain/errors.ts';
import { finishImport } from '../../../shared/imports/finish-import.ts';
import {
  type HeldImport,
  ImportLostError,
  openImport,
  whileRenewed,
} from '../../../shared/imports/import-lease.ts';
import { errorMessage } from '../../../shared/runtime/error-message.ts';
import { createRecheck } from '../../access/recheck.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import type { Upload } from '../../http/request-body.ts';
import type { UploadingCaller } from './import-products.ts';
import { LineReport } from './line-report.ts';
import { type Candidate, FileFault, toFaults } from './read/candidate.ts';
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

/** What an upsert has done so far. */
interface Progress {
  readonly counts: Record<Upserted, number>;
  readonly report: LineReport;
}

/**
 * Changes the products whose SKUs a file contains, and stores products that are new. Each product
 * is changed whole or not at all; `upsertProduct` describes the exception. Importing the same file
 * again changes nothing, except that counts restore units that were sold in between.
 * It ends when the caller loses its access while the file arrives or is applied.
 * @throws RefusedError import_refused if the file as a whole cannot be read, import_in_progress,
 *   upload_incomplete, body_too_large, too_many_requests, or service_unavailable if another process
 *   has ended the import; products before the error may have been changed by then
 * @throws QueueFullError if all shops together have too many imports
 */
export async function upsertProducts(
  caller: UploadingCaller,
  request: UpsertRequest,
): Promise<UpsertResult> {
  const { context, principal } = caller;
  const { shopId } = principal;
  const release = context.fileSlots.imports.take(shopId);
  try {
    const held = await openImport(context.store, { shopId, publish: request.publish });
    try {
      return await upsertAndRecord(caller, request, held);
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

async function upsertAndRecord(
  caller: UploadingCaller,
  request: UpsertRequest,
  held: HeldImport,
): Promise<UpsertResult> {
  const progress: Progress = {
    counts: { created: 0, updated: 0, unchanged: 0 },
    report: new LineReport(),
  };
  try {
    await whileRenewed(caller.context.store, held, (checkLease) =>
      upsertFile(caller, request, { progress, checkLease }),
    );
  } catch (error) {
    // Products before the error stay changed.
    await recordUpsert(caller, progress);
    throw toRefusal(error, progress);
  }
  await recordUpsert(caller, progress);
  return { ...progress.counts, ...progress.report.summary };
}

async function upsertFile(
  caller: UploadingCaller,
  { upload, publish }: UpsertRequest,
  { progress, checkLease }: { readonly progress: Progress; readonly checkLease: () => void },
): Promise<void> {
  const { counts, report } = progress;
  const lineOfSku = new Map<string, number>();
  const chunks = inTime(upload.chunks, performance.now() + UPSERT_MS_MAX);
  const checkAgain = createRecheck(caller.checkStillAuthorized);
  const apply = async (candidate: Candidate) => {
    try {
      counts[await upsertProduct(caller, candidate, { publish, lineOfSku })] += 1;
    } catch (error) {
      report.add({ faults: toFaults(error, candidate), rows: candidate.rows });
    }
  };
  const applyAll = async (batch: readonly Candidate[]) => {
    checkLease();
    await checkAgain();
    // Waits for all products of the batch, so that none is still being changed when the request
    // ends.
    const results = await Promise.allSettled(batch.map(apply));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  let products = 0;
  let batch: Candidate[] = [];
  for await (const parsed of readProducts(upload.mediaType, chunks, { hasStock: true })) {
    if ('faults' in parsed) {
      report.add(parsed);
      continue;
    }
    products += 1;
    if (products > UPSERT_PRODUCTS_MAX) throw tooMany(parsed.line);
    batch.push(parsed);
    if (batch.length < CONCURRENCY) continue;
    await applyAll(batch);
    batch = [];
  }
  await applyAll(batch);
}

/** Returns the refusal of a file that could not be read or applied to its end. */
function toRefusal(error: unknown, { report }: Progress): unknown {
  if (error instanceof ImportLostError) {
    const detail =
      'The import took so long that it was ended. Some products may have been changed.';
    return new RefusedError('service_unavailable', detail);
  }
  if (!(error instanceof FileFault)) return error;
  report.add({ faults: error.faults, rows: [] });
  const detail =
    'The file cannot be read to its end. Products before the error may have been changed.';
  return new RefusedError('import_refused', detail, [], report.summary);
}

function tooMany(line: number): FileFault {
  const message = `A file may have at most ${UPSERT_PRODUCTS_MAX} products.`;
  return new FileFault({ line, path: '', code: 'too_many_lines', message });
}

async function recordUpsert(caller: UploadingCaller, { counts, report }: Progress): Promise<void> {
  const { created, updated, unchanged } = counts;
  if (created + updated === 0) return;
  const { failed } = report.summary;
  const detail = { mode: 'upsert', created, updated, unchanged, failed };
  await recordAudit(caller, 'products.imported', { detail });
}
