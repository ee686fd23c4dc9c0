import { type IdPrefix, idFrom, lowestIdAt } from '../runtime/ids.ts';

/** The symbols of an id that follow its time. */
const SYMBOLS_AFTER_TIME = 16;

/** Returns the id of something that was created at `at`; the same for the same text. */
export function idAt(prefix: IdPrefix, at: Date, text: string): string {
  const time = lowestIdAt(prefix, at).slice(0, -SYMBOLS_AFTER_TIME);
  return `${time}${idFrom(prefix, text).slice(-SYMBOLS_AFTER_TIME)}`;
}
