/**
 * What can be run, in the order the help shows it. The first is the default: `cat maillog | smtp-enrich`.
 * Each is loaded only when it is called, so that `--version` and `explain` start fast.
 */
import type { Pipeline } from './pipeline.ts';

export interface PipelineEntry {
  readonly name: string;
  readonly describe: string;
  // biome-ignore lint/suspicious/noExplicitAny: each pipeline has option types of its own; the command line only passes them through.
  readonly load: () => Promise<Pipeline<any>>;
}

export const PIPELINES: readonly PipelineEntry[] = [];
