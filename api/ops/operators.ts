import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { isSameLogin, type OperatorLogin } from '../../shared/access/operator-password.ts';
import type { OperatorRole } from '../../shared/domain/vocabulary.ts';
import type { OperatorRecord } from '../../shared/store/collections/operators.ts';
import type { Store } from '../../shared/store/store.ts';
import type { PasswordHasher } from '../access/passwords/password-hash.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';

const VERIFIED_MAX = 1_000;

interface OperatorsNeeds {
  readonly store: Pick<Store, 'operators'>;
  readonly passwords: Pick<PasswordHasher, 'verify'>;
  /** The login of the environment, which is an admin and works without MongoDB. */
  readonly login: OperatorLogin;
}

/**
 * Finds the operator of a login: the login of the environment, or an operator in the database. The
 * record is read at each request, so all processes refuse a removed operator or an old password at
 * once.
 */
export class Operators {
  readonly #needs: OperatorsNeeds;
  /**
   * The results of earlier verifications, because every request carries the password. The results
   * for wrong passwords are kept too, so a repeated wrong password costs no hash, for known and for
   * unknown names.
   */
  readonly #verified = new LRUCache<string, Promise<boolean>>({ max: VERIFIED_MAX });
  /** Reads in progress, shared because all watchers of the observatory are checked together. */
  readonly #reads = new Map<string, Promise<OperatorRecord | null>>();

  constructor(needs: OperatorsNeeds) {
    this.#needs = needs;
  }

  /** Returns the operator, or undefined if the name or the password is wrong. */
  async identify(sent: OperatorLogin): Promise<Principal | undefined> {
    const { login } = this.#needs;
    if (isSameLogin(sent, login)) return toPrincipal(login.username, 'admin');
    const record = sent.username === login.username ? null : await this.#read(sent.username);
    const isRight = await this.#verify(record?.passwordHash, sent.password);
    return isRight && record !== null ? toPrincipal(record._id, record.role) : undefined;
  }

  /** Returns whether there is an operator of this name. */
  async isKnown(name: string): Promise<boolean> {
    return name === this.#needs.login.username || (await this.#read(name)) !== null;
  }

  #read(name: string): Promise<OperatorRecord | null> {
    const inProgress = this.#reads.get(name);
    if (inProgress !== undefined) return inProgress;
    const { operators } = this.#needs.store;
    const reading = operators
      .findOne<OperatorRecord>({ _id: name }, { maxTimeMS: READ_TIMEOUT_MS })
      .finally(() => this.#reads.delete(name));
    this.#reads.set(name, reading);
    return reading;
  }

  #verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    const key = hash('sha256', `${passwordHash ?? ''}\0${password}`);
    const earlier = this.#verified.get(key);
    if (earlier !== undefined) return earlier;
    const verifying = this.#needs.passwords.verify(passwordHash, password, 'operator');
    this.#verified.set(key, verifying);
    verifying.catch(() => this.#verified.delete(key));
    return verifying;
  }
}

function toPrincipal(name: string, role: OperatorRole): Principal {
  return { kind: 'operator', id: name, shopId: '', scopes: [], role };
}
