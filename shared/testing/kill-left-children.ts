/** Set-up of every test file: after it, kills the processes that its failed tests have left. */
import { afterAll } from 'vitest';
import { killLeftChildren } from './running-children.ts';

afterAll(killLeftChildren);
