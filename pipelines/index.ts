/**
 * What can be run, in the order the help shows it. The first is the default: `cat maillog | smtp-enrich`.
 * Each is loaded only when it is called, so that `--version` and `explain` start fast.
 */
import type { Pipeline } from './pipeline.ts';

export interface PipelineEntry {
  readonly name: string;
  /** What it does, without a full stop. */
  readonly describe: string;
  // biome-ignore lint/suspicious/noExplicitAny: each pipeline has option types of its own; the command line only passes them through.
  readonly load: () => Promise<Pipeline<any>>;
}

export const PIPELINES: readonly PipelineEntry[] = [
  {
    name: 'enrich',
    describe: 'Writes every delivery attempt with what its answer means',
    load: async () => (await import('./enrich.ts')).default,
  },
  {
    name: 'report',
    describe: 'Says what needs action, then deferral rates by domain and the other figures',
    load: async () => (await import('./report.ts')).default,
  },
  {
    name: 'suppress',
    describe: 'Writes the suppression list: the addresses not to be mailed again, and why',
    load: async () => (await import('./suppress.ts')).default,
  },
  {
    name: 'ingest',
    describe: 'Adds what is new in the logs to a state, exactly once',
    load: async () => (await import('./ingest.ts')).default,
  },
  {
    name: 'follow',
    describe: 'The same as a service: reads on as the logs grow, until it is told to end',
    load: async () => (await import('./follow.ts')).default,
  },
  {
    name: 'state',
    describe: 'Shows, checks, prunes or exports a state',
    load: async () => (await import('./state.ts')).default,
  },
  {
    name: 'activity',
    describe: 'Lists what happened to the mail for an address or a domain, newest first',
    load: async () => (await import('./activity.ts')).default,
  },
  {
    name: 'demo',
    describe: 'Runs the report on a bundled sample',
    load: async () => (await import('./demo.ts')).default,
  },
  {
    name: 'explain',
    describe: 'Says what one answer means, and which rule says so',
    load: async () => (await import('./explain.ts')).default,
  },
  { name: 'codes', describe: 'Prints the code table', load: async () => (await import('./codes.ts')).default },
  {
    name: 'check',
    describe: 'Validates a code table of your own',
    load: async () => (await import('./check.ts')).default,
  },
];
