// What the buyers of each scenario want. The same in k6, which sells it, and in Node, which adds up
// how much of everything will be asked for; so it imports nothing and draws no random numbers.

const MIX_LINES_MAX = 6;
const MIX_UNITS_MAX = 3;

const CARTS = {
  hot: () => [{ place: 0, quantity: 1 }],
  spread: (number, places) => [{ place: number % places, quantity: 1 }],
  mix: (number, places) => {
    const below = numbersFrom(number + 1);
    const lines = [];
    for (let line = below(MIX_LINES_MAX); line >= 0; line -= 1) {
      lines.push({ place: below(places), quantity: 1 + below(MIX_UNITS_MAX) });
    }
    // Every fourth cart names its first product once more.
    if (number % 4 === 0) lines.push({ place: lines[0].place, quantity: 1 });
    return lines;
  },
};

/** The lines of buyer `number` of a scenario that sells `places` products. */
export function toCart(scenario, number, places) {
  return CARTS[scenario](number, places);
}

/** Numbers from 0 to below the given one (Park and Miller), other ones for each seed. */
function numbersFrom(seed) {
  let state = (seed * 7_919) % 2_147_483_647;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * limit);
  };
}
