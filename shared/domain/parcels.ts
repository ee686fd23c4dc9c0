import { isSentWhole, type LineRefusal, takeLines } from './decide-reduction.ts';
import type { RequestedLine } from './lines.ts';
import { changeValue } from './pick.ts';
import { countUnits, type LineUnits, type ReducibleOrder } from './reductions.ts';
import {
  type CorrectionDecision,
  TRACKING_CORRECTIONS_MAX,
  type TrackingCorrection,
} from './tracking-correction.ts';

/** The maximum number of parcels of one order. */
export const PARCELS_MAX = 100;
/** The maximum number of lines in all parcels of one order. */
export const PARCEL_LINES_MAX = 5_000;

/** Units of an order that were sent at one time. */
export interface Parcel {
  readonly id: string;
  /** The carrier's number of the parcel. */
  readonly trackingReference: string;
  readonly carrier?: string;
  readonly lines: readonly RequestedLine[];
  readonly at: Date;
}

/** A requested parcel. */
export interface ParcelRequest extends Pick<Parcel, 'trackingReference' | 'carrier'> {
  /** The units in the parcel; by default all units that are in no parcel yet. */
  readonly lines?: readonly RequestedLine[];
}

type Order = Omit<ReducibleOrder, 'parcels'> & { readonly parcels?: readonly Parcel[] };

/** The decision on a parcel. */
export type ParcelDecision =
  | {
      readonly kind: 'added';
      readonly lines: readonly RequestedLine[];
      /** Whether the whole order is sent with this parcel. */
      readonly isLast: boolean;
    }
  | { readonly kind: 'unchanged'; readonly parcel: Parcel }
  | (LineRefusal & {
      /** Set if another parcel of the order has the tracking reference. */
      readonly isTaken?: true;
    });

/**
 * Decides a request to send units in a parcel. A parcel can be added once the order is paid, and
 * even after the order is shipped, because parcels may be recorded late. Repeating a parcel changes
 * nothing.
 */
export function decideParcel(order: Order, request: ParcelRequest): ParcelDecision {
  const { parcels = [], status } = order;
  const earlier = parcels.find(
    ({ trackingReference }) => trackingReference === request.trackingReference,
  );
  if (earlier !== undefined) return repeatParcel(earlier, request);
  if (status !== 'confirmed' && status !== 'shipped' && status !== 'delivered') {
    return { kind: 'refused', reason: `an order that is ${status} cannot be sent` };
  }
  const units = countUnits(order);
  const packedLines = request.lines
    ? takeLines(request.lines, units, unsentUnits)
    : units.flatMap((line) => {
        const quantity = unsentUnits(line);
        return quantity > 0 ? [{ variantId: line.variantId, quantity }] : [];
      });
  if ('kind' in packedLines) return packedLines;
  if (packedLines.length === 0) {
    const reason = 'all units of the order are already in parcels';
    return { kind: 'refused', code: 'quantity_exceeded', path: 'lines', reason };
  }
  const lineCount = parcels.reduce((sum, { lines }) => sum + lines.length, packedLines.length);
  if (parcels.length >= PARCELS_MAX) {
    const reason = `the order has ${parcels.length} parcels and can have no more`;
    return { kind: 'refused', reason };
  }
  if (lineCount > PARCEL_LINES_MAX) {
    const reason = `the parcels of the order would have ${lineCount} lines; the maximum is ${PARCEL_LINES_MAX}`;
    return { kind: 'refused', reason };
  }
  const after = countUnits({ ...order, parcels: [...parcels, { lines: packedLines }] });
  return { kind: 'added', lines: packedLines, isLast: isSentWhole(order, after) };
}

function unsentUnits({ quantity, cancelled, packed }: LineUnits): number {
  return quantity - cancelled - packed;
}

function repeatParcel(parcel: Parcel, { lines, carrier }: ParcelRequest): ParcelDecision {
  const isSame =
    parcel.carrier === carrier && (lines === undefined || isSameLines(lines, parcel.lines));
  if (isSame) return { kind: 'unchanged', parcel };
  const reason = 'another parcel of the order has this reference';
  return { kind: 'refused', path: 'trackingReference', reason, isTaken: true };
}

function isSameLines(some: readonly RequestedLine[], others: readonly RequestedLine[]): boolean {
  const quantities = new Map<string, number>();
  const add = ({ variantId, quantity }: RequestedLine, sign: 1 | -1) =>
    quantities.set(variantId, (quantities.get(variantId) ?? 0) + sign * quantity);
  for (const line of some) add(line, 1);
  for (const line of others) add(line, -1);
  return [...quantities.values()].every((difference) => difference === 0);
}

/** A correction of a parcel; null removes the carrier. */
export type ParcelCorrection = {
  readonly trackingReference?: string | undefined;
  readonly carrier?: TrackingCorrection['carrier'];
};

/** Decides a correction of a parcel's tracking reference or carrier. */
export function decideParcelCorrection(
  parcel: Parcel,
  correction: ParcelCorrection,
  history: readonly { readonly kind?: string; readonly parcelId?: string }[],
): CorrectionDecision {
  const trackingReference = correction.trackingReference ?? parcel.trackingReference;
  const carrier = changeValue(parcel.carrier, correction.carrier);
  if (trackingReference === parcel.trackingReference && carrier === parcel.carrier) {
    return { kind: 'unchanged' };
  }
  const earlier = history.filter(
    ({ kind, parcelId }) => kind === 'parcel_corrected' && parcelId === parcel.id,
  ).length;
  if (earlier >= TRACKING_CORRECTIONS_MAX) {
    return { kind: 'refused', reason: `the parcel has already been corrected ${earlier} times` };
  }
  return {
    kind: 'corrected',
    tracking: { trackingReference, ...(carrier !== undefined && { carrier }) },
  };
}
