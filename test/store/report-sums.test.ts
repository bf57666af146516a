/** A report from a state says what a report of the same logs says. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportFromState, type StateReport } from '../../pipelines/state-file.ts';
import type { ReportFoldOptions } from '../../src/aggregate/report-fold.ts';
import { DIMENSIONS, type ReportData } from '../../src/aggregate/report-model.ts';
import { ROOT } from '../support/run.ts';
import { ingest, readReport, SAMPLE, shown, testFolder } from '../support/state.ts';

const folder = testFolder('report-sums');
afterAll(() => folder.remove());

const GENERATOR = new URL('../bench/generate-log.mjs', import.meta.url).pathname;
const QUARTER = 15 * 60_000;

function generated(name: string, bytes: number, seed: number): string {
  const path = folder.file(name);
  writeFileSync(
    path,
    execFileSync(process.execPath, [GENERATOR, '--bytes', String(bytes), '--seed', String(seed)], {
      maxBuffer: 1 << 30,
    }),
  );
  return path;
}

/** Senders need a state made for them; recipients and the words of refusals are in none. */
const NOT_KEPT = ['sender', 'sender_domain', 'recipient', 'refusal'];
const options: ReportFoldOptions = { dimensions: DIMENSIONS.filter((name) => !NOT_KEPT.includes(name)) };

function shownFrom({ sums, ledger, close }: StateReport, asked: ReportFoldOptions): ReportData {
  const data = shown(sums, asked, ledger);
  close();
  return data;
}

describe('the same tables, delays, reasons and examples', () => {
  let logs: Record<string, string>;
  beforeAll(() => {
    logs = {
      sample: SAMPLE,
      generated: generated('generated', 3_000_000, 7),
      day: `${ROOT}samples/maillog`,
      webhooks: `${ROOT}samples/sendgrid.ndjson`,
    };
  });

  test.each(['sample', 'generated', 'day', 'webhooks'])('%s, whole, in one commit or many', async (name) => {
    const log = logs[name]!;
    const expected = shown(await readReport([log], options), options);
    expect(expected.totals.events).toBeGreaterThan(20);
    for (const commitBytes of [Number.POSITIVE_INFINITY, 100_000]) {
      const state = folder.file(`${name}-${commitBytes}.db`);
      await ingest(state, [log], { commitBytes });
      expect(shownFrom(await reportFromState(state, options), options)).toEqual(expected);
    }
  });

  test('a period of whole quarter hours', async () => {
    const log = logs.generated!;
    const state = folder.file('period.db');
    await ingest(state, [log]);
    const all = await readReport([log], options);
    const middle = Math.floor((all.traffic.first + all.traffic.last) / 2 / QUARTER) * QUARTER;
    for (const period of [
      { since: middle },
      { since: middle - 2 * QUARTER, until: middle + 3 * QUARTER },
      { since: middle + 400 * QUARTER, until: middle + 401 * QUARTER },
    ]) {
      const asked = { ...options, ...period };
      const found = await reportFromState(state, asked);
      expect(found.period.widened).toBe(false);
      expect(shownFrom(found, asked)).toEqual(shown(await readReport([log], asked), asked));
    }
  });

  test('any other period is widened to quarter hours', async () => {
    const log = logs.generated!;
    const state = folder.file('widened.db');
    await ingest(state, [log]);
    const { traffic } = await readReport([log], options);
    const since = Math.floor(traffic.first / QUARTER) * QUARTER + QUARTER;
    const found = await reportFromState(state, { ...options, since: since + 1, until: since + QUARTER + 1 });
    expect(found.period).toEqual({ since, until: since + 2 * QUARTER, widened: true });
    const asked = { ...options, since, until: since + 2 * QUARTER };
    expect(shownFrom(found, asked).tables).toEqual(shown(await readReport([log], asked), asked).tables);
  });

  test('with senders and sizes', async () => {
    const log = logs.generated!;
    const state = folder.file('senders.db');
    const asked: ReportFoldOptions = { dimensions: ['sender', 'domain'] };
    await ingest(state, [log], { senders: true });
    expect(shownFrom(await reportFromState(state, asked), asked)).toEqual(
      shown(await readReport([log], { ...asked, senders: true }), asked),
    );
  });
});
