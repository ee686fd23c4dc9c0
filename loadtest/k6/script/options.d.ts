import type { Phase } from '../phases.ts';

export function toK6Options(plan: { readonly phases: readonly Phase[]; readonly pauseS: number }): {
  readonly scenarios: Readonly<
    Record<string, { readonly preAllocatedVUs: number; readonly maxVUs: number }>
  >;
};
