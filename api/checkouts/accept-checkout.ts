import { hash } from 'node:crypto';
import { IDEMPOTENCY_KEY_KEPT_HOURS } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { ApiContext } from '../context.ts';
import { priceRequest } from './price-request.ts';
import type { CheckoutRequest } from './schemas.ts';

/** A checkout that somebody asks for. */
export interface CheckoutCommand {
  readonly madeBy: string;
  /** Names the request among all that anybody makes. */
  readonly idempotencyKey: string;
  readonly request: CheckoutRequest;
  readonly receivedAt: Date;
}

const KEY_KEPT_MS = IDEMPOTENCY_KEY_KEPT_HOURS * 60 * 60 * 1_000;
const TRIES_MAX = 3;
const TWIN_READS_MAX = 100;
const TWIN_READ_EVERY_MS = 20;

/**
 * Accepts a checkout: freezes its prices, stores it, and wakes a worker. A repeat under the same
 * key gets the first one, whatever has happened since; nothing is looked up for it before the
 * unique index has spoken, so the common case costs a single insert.
 * @throws RefusedError for bad input or a key that stands for another request
 */
export async function acceptCheckout(
  context: ApiContext,
  command: CheckoutCommand,
): Promise<CheckoutRecord> {
  const key = command.idempotencyKey;
  const requestHash = hash('sha256', JSON.stringify(command.request));
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const record = await freezeOrRefuse(context, command, key, requestHash);
    if (record instanceof RefusedError) {
      // What is no longer acceptable may be a repeat of what once was.
      const earlier = await readTwin(context, key);
      if (earlier === undefined || isKeyOver(context, earlier)) throw record;
      return sameRequest(earlier, requestHash);
    }
    if ((await context.intake.store(record)) === 'stored') {
      context.intake.wake(record);
      return record;
    }
    const twin = await findTwin(context, key);
    if (twin !== undefined && !(await releasedKey(context, twin))) {
      return sameRequest(twin, requestHash);
    }
  }
  throw new RefusedError('service_unavailable', 'The idempotency key is being used by others.');
}

async function freezeOrRefuse(
  context: ApiContext,
  command: CheckoutCommand,
  key: string,
  requestHash: string,
): Promise<CheckoutRecord | RefusedError> {
  const { request, receivedAt, madeBy } = command;
  const { buyerId, expectedTotal, shippingAddress } = request;
  const priced = await priceRequest(context.priceBook, request).catch((error: unknown) => {
    if (error instanceof RefusedError) return error;
    throw error;
  });
  if (priced instanceof RefusedError) return priced;
  return {
    _id: newId('chk'),
    madeBy,
    buyerId,
    idempotencyKey: key,
    requestHash,
    status: 'queued',
    lines: priced.lines,
    currency: priced.currency,
    total: priced.total,
    ...(expectedTotal === undefined ? {} : { expectedTotal }),
    ...(shippingAddress === undefined ? {} : { shippingAddress: present(shippingAddress) }),
    receivedAt,
    acceptedAt: context.clock.now(),
    wakeups: 0,
  };
}

function present(address: NonNullable<CheckoutRequest['shippingAddress']>): Record<string, string> {
  const fields = Object.entries(address).filter((field): field is [string, string] => {
    return field[1] !== undefined;
  });
  return Object.fromEntries(fields);
}

function sameRequest(twin: CheckoutRecord, requestHash: string): CheckoutRecord {
  if (twin.requestHash === requestHash) return twin;
  throw new RefusedError(
    'idempotency_key_reused',
    'This Idempotency-Key stands for another request.',
    [{ path: 'Idempotency-Key', message: `It stands for ${twin._id}.` }],
  );
}

/** The one that holds the key, once the majority has it: only then may it be promised again. */
async function findTwin(context: ApiContext, key: string): Promise<CheckoutRecord | undefined> {
  for (let reads = 1; reads <= TWIN_READS_MAX; reads += 1) {
    const twin = await readTwin(context, key);
    if (twin !== undefined) return twin;
    await pause(TWIN_READ_EVERY_MS);
  }
  return undefined;
}

async function readTwin(context: ApiContext, key: string): Promise<CheckoutRecord | undefined> {
  const found = await context.store.checkouts.collection.findOne<CheckoutRecord>(
    { idempotencyKey: key },
    { readConcern: { level: 'majority' } },
  );
  return found ?? undefined;
}

function isKeyOver(context: ApiContext, twin: CheckoutRecord): boolean {
  return context.clock.now().getTime() - twin.acceptedAt.getTime() > KEY_KEPT_MS;
}

/** Frees the key of a checkout accepted more than a day ago; answers whether it did. */
async function releasedKey(context: ApiContext, twin: CheckoutRecord): Promise<boolean> {
  if (!isKeyOver(context, twin)) return false;
  await context.store.checkouts.collection.updateOne(
    { _id: twin._id as never },
    { $unset: { idempotencyKey: '' } },
  );
  return true;
}
