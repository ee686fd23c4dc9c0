/** The load generator. It runs in its own process so that its CPU time is measured separately. */
import { serveCalls } from '../system/assistant.ts';
import { runClosedLoop } from './closed-loop.ts';
import { runFlood } from './flood.ts';
import { runOpenLoop } from './open-loop.ts';
import type { LoadCalls } from './plans.ts';

serveCalls({ closed: runClosedLoop, open: runOpenLoop, flood: runFlood } satisfies LoadCalls);
