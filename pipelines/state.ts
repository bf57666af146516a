/** `smtp-enrich state show|verify|prune|export`: what a state holds, whether it is sound, what of it is kept. */
import { statSync } from 'node:fs';
import { SmtpEnrichError } from '../src/event/index.ts';
import { integer } from '../src/report/figures.ts';
import { renderState } from '../src/report/state-text.ts';
import { checkApart } from '../src/store/soundness.ts';
import { SqliteState } from '../src/store/sqlite.ts';
import { parseMoment } from './moment.ts';
import { zoneOf } from './options.ts';
import { deliver } from './output.ts';
import { definePipeline } from './pipeline.ts';
import { openState } from './state-file.ts';
import { INGEST_OPTIONS, requireState } from './state-options.ts';

const ACTIONS = ['show', 'verify', 'prune', 'export'];

export default definePipeline({
  positional: {
    name: 'action',
    describe: 'show (sizes, and how far each input has been read), verify, prune --older-than, export (NDJSON)',
    variadic: false,
  },
  options: {
    state: { type: 'string', describe: 'the state file', value: 'FILE' },
    'older-than': {
      type: 'string',
      describe: 'prune: remove the figures of before then (90d, 2026-01-01); the suppression ledger stays',
      value: 'TIME',
    },
    wait: INGEST_OPTIONS.wait,
    tz: {
      type: 'string',
      describe: "zone of the times shown and of --older-than (default: this machine's)",
      value: 'ZONE',
    },
  },
  examples: [
    ['smtp-enrich state show --state state.db', 'what it holds, and how far each log has been read'],
    ['smtp-enrich state prune --older-than 400d --state state.db', 'keep a year and a bit'],
  ],
  async run(values, [action = 'show'], io) {
    if (!ACTIONS.includes(action))
      throw new SmtpEnrichError(
        'USAGE',
        `state: unknown action ${JSON.stringify(action)}`,
        `One of: ${ACTIONS.join(', ')}.`,
      );
    const path = requireState(values.state);
    const { timeZone, zone } = zoneOf(values.tz);
    if (action === 'prune') {
      const before = parseMoment(values['older-than'], 'older-than', zone, io.now);
      if (before === undefined)
        throw new SmtpEnrichError(
          'USAGE',
          'prune: --older-than says what to remove',
          'For instance --older-than 400d.',
        );
      const state = new SqliteState(path, { write: true, waitSeconds: values.wait });
      try {
        io.stderr.write(`smtp-enrich: ${integer(state.prune(before))} rows removed; their room is used again\n`);
      } finally {
        state.close();
      }
      return 0;
    }
    const state = openState(path);
    try {
      if (action === 'export') {
        await deliver(withLineFeeds(state.export()), undefined, io);
        return 0;
      }
      if (action === 'verify') {
        const faults = state.verify();
        // What SQLite finds sound may be a text that nobody can read.
        if (faults.length === 0) checkApart(path);
        io.stdout.write(faults.length === 0 ? `${path}: sound\n` : `${faults.join('\n')}\n`);
        return faults.length === 0 ? 0 : 4;
      }
      const inputs = state.checkpoints().map((checkpoint) => ({ ...checkpoint, there: sizeOf(checkpoint.path) }));
      const text = renderState(
        {
          path,
          bytes: sizeOf(path) ?? 0,
          unmerged: sizeOf(`${path}-wal`) ?? 0,
          settings: state.settings,
          counts: state.counts(),
          span: state.span(),
          inputs,
        },
        timeZone,
        io.now,
      );
      await deliver(text, undefined, io);
      return 0;
    } finally {
      state.close();
    }
  },
});

function* withLineFeeds(lines: Iterable<string>): IterableIterator<string> {
  for (const line of lines) yield `${line}\n`;
}

function sizeOf(path: string): number | undefined {
  try {
    return statSync(path).size;
  } catch {
    return undefined;
  }
}
