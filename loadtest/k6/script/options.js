// A phase starts with the buyers (VUs) who arrive within READY_S seconds. k6 adds more while
// checkouts take long, one by one and up to a maximum, and drops arrivals that find no free buyer.
// So three kinds of phases start with more buyers: a rush with those of PATIENCE_S seconds; a draw,
// whose buyers stay until it closes, with all of its buyers; and any other phase with at least
// READY_MIN buyers, or all if it has fewer. A buyer needs one or two megabytes.
const READY_S = 1;
const PATIENCE_S = 4;
const READY_MIN = 150;
const BUYERS_MAX = 2_000;
const GRACE_S = 40;
const DROPPED_SHARE = 0.01;
const DROPPED_MIN = 5;

/** Returns k6's options for a plan: its phases in sequence, each with its thresholds. */
export function toK6Options(plan) {
  const scenarios = {};
  const thresholds = {
    http_req_failed: ['rate<0.001'],
    checks: ['rate>0.999'],
  };
  let startS = 0;
  for (const phase of plan.phases) {
    const { name, buyer, rate, seconds, limitsMs, mayShed, patienceS = PATIENCE_S } = phase;
    const rushS = mayShed ? PATIENCE_S : READY_S;
    const readyS = buyer === 'draw' ? seconds : rushS;
    const ready = Math.max(rate * readyS, Math.min(READY_MIN, rate * seconds));
    scenarios[name] = {
      executor: 'constant-arrival-rate',
      exec: 'buy',
      rate,
      timeUnit: '1s',
      duration: `${seconds}s`,
      startTime: `${startS}s`,
      preAllocatedVUs: limitBuyers(ready),
      maxVUs: limitBuyers(Math.max(rate * patienceS, ready)),
      gracefulStop: `${GRACE_S}s`,
    };
    startS += seconds + plan.pauseS;
    const { postP95, postP99, outcomeP95, outcomeP99 } = limitsMs;
    thresholds[`http_req_duration{scenario:${name},step:accept}`] = [
      `p(95)<${postP95}`,
      `p(99)<${postP99}`,
    ];
    thresholds[`time_to_outcome{scenario:${name}}`] = [
      `p(95)<${outcomeP95}`,
      `p(99)<${outcomeP99}`,
    ];
    // Dropped arrivals lower the load and would make the other figures look too good.
    thresholds[`dropped_iterations{scenario:${name}}`] = [
      `count<${Math.max(DROPPED_MIN, Math.ceil(rate * seconds * DROPPED_SHARE))}`,
    ];
    if (!mayShed) thresholds[`checkouts_shed{scenario:${name}}`] = ['count<1'];
  }
  return {
    scenarios,
    thresholds,
    discardResponseBodies: false,
    summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
    noConnectionReuse: false,
  };
}

function limitBuyers(number) {
  return Math.min(BUYERS_MAX, Math.ceil(number));
}
