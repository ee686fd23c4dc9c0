import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import { type GivenVariant, givenCheckouts, toPricedLine } from '../../testing/builders.ts';
import type { ManualClock } from '../../testing/manual-clock.ts';
import type { LedgerContext } from '../ledger.ts';
import { moveOrders } from '../move-orders.ts';
import { settleCheckouts } from '../settle-checkouts.ts';

type Fields = Partial<CheckoutRecord>;

/** Buyers who buy one unit at a time and let their orders lapse. */
export class LapsingBuyers {
  readonly #ledger: LedgerContext;
  readonly #clock: ManualClock;

  constructor(ledger: LedgerContext, clock: ManualClock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Settles a new checkout of one unit. */
  async buy(buyerId: string, variant: GivenVariant, fields: Fields = {}) {
    const wanted = { lines: [toPricedLine(variant)], buyerId, receivedAt: this.#clock.now() };
    const [checkout] = await givenCheckouts(this.#ledger.store, [{ ...wanted, ...fields }]);
    const [settled] = await settleCheckouts(this.#ledger, [checkout?._id ?? '']);
    if (settled === undefined) throw new Error('the checkout was not settled');
    return settled;
  }

  /** Places an order of one unit and returns its id. */
  async place(buyerId: string, variant: GivenVariant, fields: Fields = {}): Promise<string> {
    const { orderIds, rejection } = await this.buy(buyerId, variant, fields);
    const [orderId] = orderIds;
    if (orderId === undefined) throw new Error(`not placed: ${rejection?.code}`);
    return orderId;
  }

  /**
   * Advances the clock until the reservations have ended, and expires these orders in one
   * transaction.
   */
  async expire(...orderIds: readonly string[]): Promise<void> {
    this.#clock.advance(this.#ledger.reservationTtlMs);
    const commands = orderIds.map((orderId) => {
      return { orderId, move: 'expire', actor: 'system' } as const;
    });
    const moved = await moveOrders(this.#ledger, commands);
    if (!moved.every(({ kind }) => kind === 'moved')) throw new Error('an order did not expire');
  }

  /** Places an order and lets it lapse; returns its id. */
  async lapse(buyerId: string, variant: GivenVariant, fields: Fields = {}): Promise<string> {
    const orderId = await this.place(buyerId, variant, fields);
    await this.expire(orderId);
    return orderId;
  }

  /** Lets `times` orders lapse one after the other; returns their ids. */
  async lapseTimes(
    times: number,
    buyerId: string,
    variant: GivenVariant,
    fields: Fields = {},
  ): Promise<string[]> {
    const orderIds: string[] = [];
    for (let lapsed = 0; lapsed < times; lapsed += 1) {
      orderIds.push(await this.lapse(buyerId, variant, fields));
    }
    return orderIds;
  }
}
