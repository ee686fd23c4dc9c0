import { Gauge, type Registry } from 'prom-client';

/** The gauge of how far the search index is behind. */
export interface SearchGauge {
  show(lagMs: number | undefined): void;
}

export function createSearchGauge(registry: Registry): SearchGauge {
  const lag = new Gauge({
    name: 'lastunit_search_lag_seconds',
    help:
      'Age of the oldest change that the search index lacks; 0 if it lacks none. Absent while MongoDB ' +
      'does not answer.',
    registers: [registry],
  });
  return {
    show: (lagMs) => {
      lag.remove();
      if (lagMs !== undefined) lag.set(lagMs / 1_000);
    },
  };
}
