import { hashApiKey } from '../../shared/access/api-key.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { ApiKeyRecord } from '../../shared/store/collections/api-keys.ts';
import type { Store } from '../../shared/store/store.ts';

/** A revoked key is refused in every process within this time, though look-ups are cached. */
const CACHED_MS_MAX = 3_000;
const ENTRIES_MAX = 10_000;
/** `lastUsedAt` is written at most this often for each key and process. */
const USE_NOTED_EVERY_MS = 60_000;

interface Entry {
  readonly record: Promise<ApiKeyRecord | undefined>;
  readonly readAt: number;
}

/** Knows API keys, and remembers them for a few seconds. */
export class ApiKeyCache {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #usedAt = new Map<string, number>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The key as it stands; undefined when it is unknown, revoked, expired or rotated out. */
  async find(apiKey: string): Promise<ApiKeyRecord | undefined> {
    const hash = hashApiKey(apiKey);
    const record = await this.#cached(hash, () => this.#readByHash(hash));
    if (record === undefined || !this.#isGood(record)) return undefined;
    const isPrevious = record.hash !== hash;
    if (isPrevious && !(record.previousUntil && record.previousUntil > this.#clock.now())) {
      return undefined;
    }
    this.#noteUse(record._id);
    return record;
  }

  /** The key with this id, for the buyers it has let in. */
  async findById(keyId: string): Promise<ApiKeyRecord | undefined> {
    const record = await this.#cached(keyId, async () => {
      return (await this.#store.apiKeys.findOne({ _id: keyId })) ?? undefined;
    });
    return record !== undefined && this.#isGood(record) ? record : undefined;
  }

  /** Forgets what was known, so that this process at once refuses what it has just revoked. */
  forget(): void {
    this.#entries.clear();
  }

  #isGood({ revokedAt, expiresAt }: ApiKeyRecord): boolean {
    if (revokedAt !== undefined) return false;
    return expiresAt === undefined || expiresAt > this.#clock.now();
  }

  #cached(
    name: string,
    read: () => Promise<ApiKeyRecord | undefined>,
  ): Promise<ApiKeyRecord | undefined> {
    const now = this.#clock.now().getTime();
    const known = this.#entries.get(name);
    if (known !== undefined && now - known.readAt < CACHED_MS_MAX) return known.record;
    const record = read();
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(name, { record, readAt: now });
    record.catch(() => this.#entries.delete(name));
    return record;
  }

  async #readByHash(hash: string): Promise<ApiKeyRecord | undefined> {
    const current = await this.#store.apiKeys.findOne({ hash });
    if (current !== null) return current;
    return (await this.#store.apiKeys.findOne({ previousHash: hash })) ?? undefined;
  }

  #noteUse(keyId: string): void {
    const now = this.#clock.now();
    if (now.getTime() - (this.#usedAt.get(keyId) ?? 0) < USE_NOTED_EVERY_MS) return;
    if (this.#usedAt.size >= ENTRIES_MAX) this.#usedAt.clear();
    this.#usedAt.set(keyId, now.getTime());
    this.#store.apiKeys
      .updateOne({ _id: keyId }, { $max: { lastUsedAt: now } }, { writeConcern: { w: 1 } })
      .catch(() => undefined); // Worth knowing, not worth failing for.
  }
}
