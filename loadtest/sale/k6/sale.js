// The flash sale that k6 runs. `npm run sale` writes the plan file that SALE_PLAN names.
import exec from 'k6/execution';
import http from 'k6/http';
import { toCart } from './carts.js';
import { checkOut } from './checkout.js';
import { toK6Options } from './options.js';

const plan = JSON.parse(open(__ENV.SALE_PLAN));

export const options = toK6Options(plan);

// A refusal is a valid response. Only a server error or a missing response counts as a failure.
http.setResponseCallback(http.expectedStatuses({ min: 200, max: 499 }));

function sell(name) {
  return () => {
    const { variantIds } = plan.scenarios.find((scenario) => scenario.name === name);
    const number = exec.scenario.iterationInTest;
    const lines = toCart(name, number, variantIds.length).map(({ place, quantity }) => {
      return { variantId: variantIds[place], quantity };
    });
    const id = `${plan.saleId}-${name}-${number}`;
    checkOut(plan, { key: id, buyerId: `buyer-${id}`, lines });
  };
}

/** All buyers buy one product. */
export const hot = sell('hot');

/** Each buyer buys one product of a catalogue. */
export const spread = sell('spread');

/** Carts of several lines; some contain a product twice. */
export const mix = sell('mix');
