/** A state for people: how large it is, what period it covers, how far each input has been read and how far it lags. */
import { isoLocal } from '../aggregate/time-zone.ts';
import type { Checkpoint } from '../event/index.ts';
import { bytes, integer } from './figures.ts';
import { neutral } from './neutral.ts';

export interface StateFacts {
  readonly path: string;
  readonly bytes: number;
  /** In the log of writes beside it. */
  readonly unmerged: number;
  readonly settings: { readonly senders: boolean; readonly inbound: boolean };
  readonly counts: readonly { readonly table: string; readonly rows: number }[];
  /** ms since 1970 UTC; undefined while there is no event. */
  readonly span: { readonly first: number; readonly last: number } | undefined;
  /** With the size of what is at their path now. */
  readonly inputs: readonly (Checkpoint & { readonly committed: number; readonly there: number | undefined })[];
}

export function renderState(facts: StateFacts, timeZone: string, now: number): string {
  const { settings, span } = facts;
  const also = [settings.senders ? 'senders' : '', settings.inbound ? 'rejected' : ''].filter((word) => word !== '');
  const lines = [
    `${neutral(facts.path)}: ${bytes(facts.bytes)}${facts.unmerged > 0 ? `, and ${bytes(facts.unmerged)} not merged yet` : ''}`,
    `Holds     deliveries and warnings${also.length > 0 ? `, ${also.join(', ')}` : ''}`,
    `Period    ${span === undefined ? 'no event yet' : `${isoLocal(span.first, timeZone)} to ${isoLocal(span.last, timeZone)}`}`,
    '',
    'Rows',
    ...facts.counts.map(({ table, rows }) => `  ${table.padEnd(14)}${integer(rows).padStart(14)}`),
    '',
    'Inputs',
  ];
  if (facts.inputs.length === 0) lines.push('  none yet');
  for (const input of facts.inputs) {
    const lag =
      input.packed || input.settled
        ? 'whole'
        : input.there === undefined
          ? 'not there any more'
          : input.there < input.offset
            ? 'another file is there now'
            : input.there === input.offset
              ? 'up to date'
              : `${bytes(input.there - input.offset)} to read`;
    lines.push(
      `  ${neutral(input.path)} (${input.format}): ${bytes(input.offset)}, ${integer(input.accounting.lines)} lines, ${lag}; ${ago(now - input.committed)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function ago(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}
