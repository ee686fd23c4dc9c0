import { LIMITS_MS, type Phase } from './phases.ts';

/** The names of the scenarios. */
export const SCENARIOS = [
  'hot',
  'spread',
  'carts',
  'storm',
  'duplicates',
  'polling',
  'streaming',
  'signed',
  'limited',
  'patient',
  'draw',
  'soak',
  'spike',
  'break-point',
] as const;

export type ScenarioName = (typeof SCENARIOS)[number];

/** A scenario: its phases run one after the other. A break-point search repeats its one phase. */
export interface Scenario {
  readonly about: string;
  readonly isSigned?: true;
  readonly phases: readonly Phase[];
}

const BASE: Phase = {
  name: 'hot',
  cart: 'hot',
  buyer: 'long-polling',
  rate: 200,
  seconds: 20,
  stockPercent: 50,
  limitsMs: LIMITS_MS,
  mayShed: false,
};
/** The limits of a rush, which bound the times but do not require them to be short. */
const RUSH_LIMITS_MS = { postP95: 5_000, postP99: 10_000, outcomeP95: 10_000, outcomeP99: 20_000 };
const rush = { limitsMs: RUSH_LIMITS_MS, mayShed: true } as const;
/** Buyers who wait for units or for a draw stay for up to this many seconds. */
const PATIENCE_S = 60;
const PATIENT_LIMITS_MS = { ...LIMITS_MS, outcomeP95: 60_000, outcomeP99: 60_000 };
const patience = { limitsMs: PATIENT_LIMITS_MS, patienceS: PATIENCE_S } as const;
const soak = { cart: 'mix', rate: 50 } as const;

/** The scenarios that `npm run k6` offers. */
export const CATALOGUE: Readonly<Record<ScenarioName, Scenario>> = {
  hot: { about: 'all buyers buy one product', phases: [BASE] },
  spread: {
    about: 'each buyer buys one of 100 products',
    phases: [{ ...BASE, name: 'spread', cart: 'spread', rate: 100 }],
  },
  carts: {
    about: 'each buyer fills a cart with one to seven lines, each of one of 40 products',
    phases: [{ ...BASE, name: 'carts', cart: 'mix', buyer: 'carts', rate: 30 }],
  },
  storm: {
    about: '20,000 buyers want 500 units of one product',
    phases: [{ ...BASE, ...rush, name: 'storm', rate: 1_000, stockPercent: 2.5 }],
  },
  duplicates: {
    about: 'each buyer sends its checkout three times concurrently, with one key',
    phases: [{ ...BASE, name: 'duplicates', buyer: 'duplicates', rate: 100 }],
  },
  polling: {
    about: 'each buyer reads its checkout four times a second',
    phases: [{ ...BASE, name: 'polling', buyer: 'polling', rate: 100 }],
  },
  streaming: {
    about: 'each buyer follows its checkout by server-sent events',
    phases: [{ ...BASE, name: 'streaming', buyer: 'streaming', rate: 100 }],
  },
  signed: {
    about: 'requests are signed with the signing key of demo.json',
    isSigned: true,
    phases: [{ ...BASE, name: 'signed', rate: 100 }],
  },
  limited: {
    about: 'each buyer tries five concurrent checkouts of a product that is limited to two a buyer',
    phases: [{ ...BASE, name: 'limited', buyer: 'limited', rate: 40, stockPercent: 150 }],
  },
  patient: {
    about: 'each buyer waits for sold-out units; every second buyer who gets units cancels',
    phases: [{ ...BASE, ...patience, name: 'patient', buyer: 'patient', rate: 50 }],
  },
  draw: {
    about: 'each buyer enters a draw; winners confirm their orders, the others are refused',
    phases: [
      {
        ...BASE,
        ...patience,
        name: 'draw',
        buyer: 'draw',
        rate: 20,
        seconds: 15,
        stockPercent: 10,
      },
    ],
  },
  soak: {
    about: '20 minutes of mixed carts; the end must be as fast as the beginning',
    phases: [
      { ...BASE, ...soak, name: 'first', seconds: 60 },
      { ...BASE, ...soak, name: 'middle', seconds: 1_080 },
      { ...BASE, ...soak, name: 'last', seconds: 60 },
    ],
  },
  spike: {
    about: 'the rate rises to 20 times as much; afterwards the limits of before apply again',
    phases: [
      { ...BASE, name: 'before', rate: 20, seconds: 10 },
      { ...BASE, ...rush, name: 'peak', rate: 400, seconds: 10 },
      { ...BASE, name: 'after', rate: 20, seconds: 10 },
    ],
  },
  'break-point': {
    about: 'searches for the highest rate at which all thresholds hold',
    phases: [{ ...BASE, name: 'probe', cart: 'spread', rate: 50, seconds: 15, stockPercent: 100 }],
  },
};

const SHORT_RATE_MAX = 50;
const SHORT_RUSH_RATE_MAX = 300;
const SHORT_SECONDS = 3;

/** Shortens a phase to a few seconds. A phase that may shed load keeps a high rate. */
export function shorten(phase: Phase): Phase {
  const rateMax = phase.mayShed ? SHORT_RUSH_RATE_MAX : SHORT_RATE_MAX;
  return {
    ...phase,
    rate: Math.min(rateMax, phase.rate),
    seconds: Math.min(SHORT_SECONDS, phase.seconds),
  };
}
