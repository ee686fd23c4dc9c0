/** The load generator, in a process of its own so that its CPU time can be told apart. */
import { serveCalls } from '../system/assistant.ts';
import { runClosedLoop } from './closed-loop.ts';
import { runOpenLoop } from './open-loop.ts';
import type { LoadCalls } from './plans.ts';

serveCalls({ closed: runClosedLoop, open: runOpenLoop } satisfies LoadCalls);
