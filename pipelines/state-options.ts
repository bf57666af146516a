/** The options of a state: apart from state-file.ts, so that a report from logs need not load the database. */
import { SmtpEnrichError } from '../src/event/index.ts';
import type { OptionSpecs } from './pipeline.ts';

export const STATE_OPTION = {
  state: { type: 'string', describe: 'the state file: its totals instead of those of log files', value: 'FILE' },
} as const satisfies OptionSpecs;

export const INGEST_OPTIONS = {
  state: { type: 'string', describe: 'the state file; made if it is not there', value: 'FILE' },
  senders: {
    type: 'boolean',
    default: false,
    describe: 'also senders and sizes, for report --by sender; set when the state is made',
  },
  inbound: {
    type: 'boolean',
    default: false,
    describe: 'also what was rejected on the way in; set when the state is made',
  },
  wait: { type: 'number', default: 30, describe: 'seconds to wait for another ingest to finish', value: 'SECONDS' },
  'commit-seconds': { type: 'number', default: 5, describe: 'commit after so many seconds', value: 'N' },
  'commit-mb': { type: 'number', default: 1024, describe: 'and after so many megabytes of log', value: 'N' },
} as const satisfies OptionSpecs;

export function requireState(path: string | undefined): string {
  if (path !== undefined && path !== '') return path;
  throw new SmtpEnrichError(
    'USAGE',
    '--state: name the state file',
    'For instance --state /var/lib/smtp-enrich/state.db',
  );
}

/** A state is read alone: what the logs beside it hold may be in it already. */
export function noFilesBeside(state: string | undefined, files: readonly string[]): void {
  if (state === undefined || files.length === 0) return;
  throw new SmtpEnrichError(
    'USAGE',
    `--state and log files at once: ${files[0]} may have been counted in the state already`,
    'Ingest it first, or leave --state away.',
  );
}
