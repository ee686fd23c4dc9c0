// The flash sale as k6 runs it; `npm run sale` writes the plan that SALE_PLAN names.
import exec from 'k6/execution';
import http from 'k6/http';
import { toCart } from './carts.js';
import { checkOut } from './checkout.js';
import { toK6Options } from './options.js';

const plan = JSON.parse(open(__ENV.SALE_PLAN));

export const options = toK6Options(plan);

// A refusal is an answer; what fails is a fault of the system, or no answer at all.
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

/** Everybody wants the one thing. */
export const hot = sell('hot');

/** Everybody wants one thing out of a catalogue. */
export const spread = sell('spread');

/** Carts of several lines, some of which name a product twice. */
export const mix = sell('mix');
