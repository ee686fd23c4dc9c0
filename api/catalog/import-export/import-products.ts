import { RefusedError } from '../../../shared/domain/errors.ts';
import { finishImport } from '../../../shared/imports/finish-import.ts';
import {
  commitImport,
  type HeldImport,
  ImportLostError,
  openImport,
  whileRenewed,
} from '../../../shared/imports/import-lease.ts';
import { whileAuthorized } from '../../access/recheck.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import type { Upload } from '../../http/request-body.ts';
import type { CatalogContext } from '../context.ts';
import { LineReport } from './line-report.ts';
import { FileFault } from './read/candidate.ts';
import { inTime } from './read/in-time.ts';
import { readProducts } from './read/read-products.ts';
import { stageFile } from './stage-file.ts';

/** The file must be received, checked and staged within this time. */
const STAGING_MS_MAX = 60_000;
/** Removing or showing the products of the largest file takes a few seconds more. */
export const IMPORT_TIMEOUT_MS = STAGING_MS_MAX + 30_000;

/** A seller or a key that uploads a file. */
export interface UploadingCaller extends AuditedCaller<CatalogContext> {
  /** @throws RefusedError if the caller's credentials are no longer valid */
  checkStillAuthorized(): Promise<void>;
}

interface ImportRequest {
  readonly upload: Upload;
  readonly publish: boolean;
  /** `all` stores nothing if there is any fault; `report` stores the valid products. */
  readonly mode: 'all' | 'report';
}

/** The result of an import; `errors` contains the first 1,000 of `errorCount` errors. */
export type ImportResult = LineReport['summary'] & { readonly created: number };

/**
 * Stores the products of a file while it arrives. They stay hidden until the whole file has been
 * read. Then a single write commits the import, and from then on the products will be shown with
 * their stock levels, even if this process dies. An import whose caller loses its access while the
 * file arrives stores nothing.
 * @throws RefusedError import_refused, import_in_progress, upload_incomplete, body_too_large or
 * too_many_requests; nothing is then stored. service_unavailable if another process has ended the
 * import; whether it took effect is then unknown
 * @throws QueueFullError if all shops together have too many imports
 */
export async function importProducts(
  caller: UploadingCaller,
  request: ImportRequest,
): Promise<ImportResult> {
  const { context, principal } = caller;
  const release = context.fileSlots.imports.take(principal.shopId);
  const result = await importFile(caller, request).finally(release);
  const { created, failed } = result;
  if (created > 0) {
    const detail = { created, failed, publish: request.publish };
    await recordAudit(caller, 'products.imported', { detail });
  }
  return result;
}

async function importFile(caller: UploadingCaller, request: ImportRequest): Promise<ImportResult> {
  const { context, principal } = caller;
  const { store } = context;
  try {
    const held = await openImport(store, { shopId: principal.shopId, publish: request.publish });
    return await whileRenewed(store, held, () => importInto(caller, request, held));
  } catch (error) {
    if (!(error instanceof ImportLostError)) throw error;
    const detail = 'The import took so long that it was ended. Whether it took effect is unknown.';
    throw new RefusedError('service_unavailable', detail);
  }
}

async function importInto(
  { context, checkStillAuthorized }: UploadingCaller,
  { upload, mode }: ImportRequest,
  held: HeldImport,
): Promise<ImportResult> {
  const report = new LineReport();
  const received = inTime(upload.chunks, performance.now() + STAGING_MS_MAX);
  const chunks = whileAuthorized(checkStillAuthorized, received);
  const products = readProducts(upload.mediaType, chunks);
  let committed: HeldImport | undefined;
  try {
    const created = await stageFile({ ...context, held, report }, products);
    if (mode === 'all' && !report.isEmpty) throw toRefusal(report);
    await checkStillAuthorized();
    if (created > 0) committed = await commitImport(context.store, held);
    return { created, ...report.summary };
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    report.add({ faults: error.faults, rows: [] });
    throw toRefusal(report);
  } finally {
    // If this fails, a worker finishes the import.
    await finishImport(context.store, committed ?? held, context.clock);
  }
}

function toRefusal(report: LineReport): RefusedError {
  const { summary } = report;
  const { errorCount } = summary;
  const detail = `Nothing was imported: the file has ${errorCount === 1 ? 'an error' : `${errorCount} errors`}.`;
  return new RefusedError('import_refused', detail, [], summary);
}
