// A checkout with its outcome takes a fraction of a second; so many buyers are ready at first, and
// so many there can be when it takes longer, before arrivals are dropped.
const READY_S = 1;
const PATIENCE_S = 4;
const READY_MIN = 20;
const GRACE_S = 40;
const DROPPED_SHARE = 0.01;
const DROPPED_MIN = 5;

/** k6's options for a plan: its scenarios one after the other, each with its thresholds. */
export function toK6Options(plan) {
  const scenarios = {};
  const thresholds = {
    http_req_failed: ['rate<0.001'],
    checks: ['rate>0.999'],
  };
  let startS = 0;
  for (const { name, rate, seconds } of plan.scenarios) {
    scenarios[name] = {
      executor: 'constant-arrival-rate',
      exec: name,
      rate,
      timeUnit: '1s',
      duration: `${seconds}s`,
      startTime: `${startS}s`,
      preAllocatedVUs: Math.max(READY_MIN, Math.ceil(rate * READY_S)),
      maxVUs: Math.max(READY_MIN, Math.ceil(rate * PATIENCE_S)),
      gracefulStop: `${GRACE_S}s`,
    };
    startS += seconds + plan.pauseS;
    const { postP95, postP99, outcomeP95, outcomeP99 } = plan.limitsMs;
    thresholds[`http_req_duration{scenario:${name},step:accept}`] = [
      `p(95)<${postP95}`,
      `p(99)<${postP99}`,
    ];
    thresholds[`time_to_outcome{scenario:${name}}`] = [
      `p(95)<${outcomeP95}`,
      `p(99)<${outcomeP99}`,
    ];
    // A rate that could not be kept up would make the other figures look better than they are.
    thresholds[`dropped_iterations{scenario:${name}}`] = [
      `count<${Math.max(DROPPED_MIN, Math.ceil(rate * seconds * DROPPED_SHARE))}`,
    ];
  }
  return {
    scenarios,
    thresholds,
    discardResponseBodies: false,
    summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
    noConnectionReuse: false,
  };
}
