// The carts of the buyers. k6 buys them, and Node adds up the total demand. Both must
// compute the same carts, so this file imports nothing and uses no random numbers.

const MIX_LINES_MAX = 6;
const MIX_UNITS_MAX = 3;

const CARTS = {
  hot: () => [{ place: 0, quantity: 1 }],
  spread: (number, places) => [{ place: number % places, quantity: 1 }],
  mix: (number, places) => {
    const randomBelow = createRandom(number + 1);
    const lines = [];
    for (let line = randomBelow(MIX_LINES_MAX); line >= 0; line -= 1) {
      lines.push({ place: randomBelow(places), quantity: 1 + randomBelow(MIX_UNITS_MAX) });
    }
    // Every fourth cart contains its first product twice.
    if (number % 4 === 0) lines.push({ place: lines[0].place, quantity: 1 });
    return lines;
  },
};

/** Returns the cart lines of buyer `number` in a phase with `places` products. */
export function toCart(cart, number, places) {
  return CARTS[cart](number, places);
}

/** Returns a seeded generator of integers from 0 to below `limit` (Park and Miller). */
function createRandom(seed) {
  let state = (seed * 7_919) % 2_147_483_647;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * limit);
  };
}
