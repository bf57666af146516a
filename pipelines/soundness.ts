/** Whether a state can be read through, for the command line to ask when a process that worked on it has died. */
export { checkApart } from '../src/store/soundness.ts';
