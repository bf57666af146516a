/** 200 hostile strings as addresses, answers, hosts, senders and queue ids, through every output: nothing active comes out. */
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { Meanings } from '../../src/aggregate/meanings.ts';
import { policyNamed } from '../../src/aggregate/policy.ts';
import { reportData } from '../../src/aggregate/report-data.ts';
import { foldReport } from '../../src/aggregate/report-fold.ts';
import { DIMENSIONS, type ReportData } from '../../src/aggregate/report-model.ts';
import { suppressions } from '../../src/aggregate/suppression-list.ts';
import { type DeliveryEvent, NOTICE_RULES } from '../../src/event/index.ts';
import { renderAccounting } from '../../src/report/accounting-text.ts';
import { renderActivity } from '../../src/report/activity-text.ts';
import { renderEventCsv } from '../../src/report/event-csv.ts';
import { renderEventNdjson } from '../../src/report/event-ndjson.ts';
import { renderEventText } from '../../src/report/event-text.ts';
import { renderReportCsv } from '../../src/report/report-csv.ts';
import { renderReportHtml } from '../../src/report/report-html.ts';
import { renderReportJson } from '../../src/report/report-json.ts';
import { renderReportMarkdown } from '../../src/report/report-markdown.ts';
import { renderReportText } from '../../src/report/report-text.ts';
import { PLAIN } from '../../src/report/style.ts';
import { listChanges, renderListChanges } from '../../src/report/suppression/changes.ts';
import { SUPPRESSION_EXPORTS } from '../../src/report/suppression/index.ts';
import { renderSuppressionNdjson } from '../../src/report/suppression/ndjson.ts';
import { renderSuppressionCsv } from '../../src/report/suppression/spreadsheet.ts';
import { noSuchUser } from '../support/events.ts';
import { HOSTILE } from '../support/hostile.ts';

function eventsOf(words: readonly string[]): DeliveryEvent[] {
  return words.flatMap((word, i) => {
    const change = {
      time: Date.UTC(2026, 10, 22, 2) + i * 1000,
      timestamp: '2026-11-22T02:00:00Z',
      recipient: `${word}@${i % 3 === 0 ? word : 'example.com'}`,
      original_recipient: word,
      domain: i % 3 === 0 ? word : 'example.com',
      host: word,
      queue_id: word,
      relay: word,
      relay_host: i % 2 === 0 ? word : undefined,
      provider: i % 5 === 0 ? word : undefined,
      sender: word,
      message_id: word,
      response: `550 5.1.1 ${word}`,
      reply_text: word,
      status: word,
      input: word,
      verdict: { evidence: { layer: 'phrase', rule: word, matched: word } },
    } as const;
    const block = { category: 'reputation', fault: 'sender', bounce_type: 'block' } as const;
    return [
      noSuchUser(change),
      noSuchUser({ ...change, event: 'deferred' }),
      noSuchUser({ ...change, event: 'rejected', stage: word }),
      noSuchUser({ ...change, event: 'processed', recipient: undefined, domain: undefined, size: 100 }),
      ...NOTICE_RULES.map((rule) =>
        noSuchUser({
          ...change,
          event: 'warning',
          program: word,
          response: rule === 'unreached' ? `connect to ${word}` : `warning: ${word}`,
          verdict: { evidence: { layer: 'event', rule, matched: '' } },
        }),
      ),
      noSuchUser({ ...change, event: 'expired' }),
      noSuchUser({ ...change, event: 'warning' }),
      noSuchUser({ ...change, verdict: { ...block, evidence: change.verdict.evidence } }),
    ];
  });
}

function reportOf(events: readonly DeliveryEvent[]): ReportData {
  const fold = foldReport({ dimensions: DIMENSIONS });
  const sums = fold.create();
  for (const event of events) fold.add(sums, event);
  return reportData(sums, {
    dimensions: DIMENSIONS,
    timeZone: 'UTC',
    now: Date.UTC(2026, 10, 23),
    policy: policyNamed('standard')!,
    newest: 500,
    inputs: HOSTILE.map((word) => ({
      name: word,
      format: 'postfix',
      bytes: 1,
      accounting: { lines: 1, event: 1, context: 0, ignored: 0, malformed: 1, truncated: 0 },
      malformed: [{ reason: 'no header', text: word }],
      not_understood: word,
      lost: [word],
    })),
  });
}

const events = eventsOf(HOSTILE);
const data = reportOf(events);
const listed = suppressions(
  (() => {
    const fold = foldReport();
    const sums = fold.create();
    for (const event of events) fold.add(sums, event);
    return sums.ledger;
  })(),
  policyNamed('standard')!,
  Date.UTC(2026, 10, 23),
);

// Everything a terminal or an editor may act upon, but the line feed that we write ourselves.
const ACTIVE =
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200b-\u200f\u061c\ufeff\u00ad]|\p{Surrogate}|[\u{e0000}-\u{e007f}]/u;

describe('text', () => {
  it('the test strings are what they should be', () => {
    expect(HOSTILE).toHaveLength(200);
    expect(HOSTILE.filter((word) => ACTIVE.test(word)).length).toBeGreaterThan(40);
    expect(listed.length).toBeGreaterThan(150);
    // and they are in every part of the report
    expect(data.notices.map(({ total }) => total > 100)).toEqual([true, true]);
    for (const { dimension, rows } of data.tables)
      if (['domain', 'sender', 'refusal', 'client'].includes(dimension)) expect(rows.length).toBeGreaterThan(50);
    expect(data.tables.find(({ dimension }) => dimension === 'client')!.rows.some((row) => row.processed > 0)).toBe(
      true,
    );
    expect(data.problems.map(({ kind }) => kind)).toContain('expired');
  });

  it.each<[string, () => string]>([
    ['report', () => renderReportText(data, PLAIN, { top: 0, detail: 5 })],
    ['Markdown', () => renderReportMarkdown(data, { top: 0, detail: 5 })],
    ['events', () => events.map((event) => renderEventText(event, PLAIN)).join('\n')],
    ['activity', () => events.map((e) => renderActivity(e, PLAIN, new Meanings({}))).join('')],
    [
      'changes',
      () =>
        renderListChanges(
          listChanges(listed, () => false, 0),
          PLAIN,
        ),
    ],
    [
      'accounting',
      () =>
        renderAccounting(data.inputs.map((input) => ({ ...input, not_understood: input.not_understood ?? undefined }))),
    ],
  ])('%s holds no control character', (_name, render) => {
    const text = render();
    expect(text.length).toBeGreaterThan(10_000);
    expect(text.match(ACTIVE)?.index ?? -1, JSON.stringify(text.match(ACTIVE)?.[0])).toBe(-1);
  });

  it('each event stays on its line', () => {
    for (const event of events) expect(renderEventText(event, PLAIN)).not.toContain('\n');
  });

  it('Markdown holds no markup of a log', () => {
    const text = renderReportMarkdown(data, { top: 0, detail: 5 });
    expect(text).not.toMatch(/(?<!\\)\]\(/);
    expect(text).not.toMatch(/(?<!\\)!(?=\\?\[)(?<!\\!)/);
    expect(text).not.toMatch(/<[a-z!/]/i);
    expect(text).not.toMatch(/https?:\/\//);
    expect(text.split('\n').filter((line) => /^#/.test(line) && !/^#{1,2} [A-Z]/.test(line))).toEqual([]);
  });
});

describe('JSON', () => {
  it.each<[string, () => string]>([
    ['report', () => [...renderReportJson(data)].join('')],
    ['events', () => `[${events.map((event) => renderEventNdjson(event)).join(',')}]`],
    ['suppressions', () => `[${renderSuppressionNdjson(listed, 'UTC').trimEnd().split('\n').join(',')}]`],
  ])('%s parses, and holds no raw control character', (_name, render) => {
    const text = render();
    expect(() => JSON.parse(text)).not.toThrow();
    expect(text.match(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]|\p{Surrogate}/u)).toBeNull();
  });

  it('takes __proto__ for data', () => {
    const document = JSON.parse([...renderReportJson(data)].join('')) as { domains: { domain: string }[] };
    expect(document.domains.map((row) => row.domain)).toContain('__proto__');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('HTML', () => {
  it('has no more kinds of tags and attributes than that of a harmless log', () => {
    const harmless = renderReportHtml(reportOf(eventsOf(HOSTILE.map((_, i) => `word${i}`))), { top: 0, detail: 5 });
    const hostile = renderReportHtml(data, { top: 0, detail: 5 });
    const kinds = (html: string): string[] => {
      const body = html.replace(/<script>.*?<\/script>/s, '').replace(/<style>.*?<\/style>/s, '');
      const found = new Set<string>();
      for (const [, tag, attributes] of body.matchAll(/<(\/?[a-zA-Z!][^\s>/]*)([^>]*)>/g)) {
        found.add(tag!);
        for (const [, name] of attributes!.matchAll(/([^\s=]+)="[^"]*"/g)) found.add(`${tag} ${name}`);
      }
      return [...found].sort();
    };
    expect(kinds(hostile)).toEqual(kinds(harmless));
    expect(hostile.match(/<script/g)).toHaveLength(1);
    expect(hostile).not.toMatch(ACTIVE);
  });
});

describe('spreadsheets', () => {
  it.each<[string, () => string]>([
    ['suppressions', () => renderSuppressionCsv(listed, 'UTC')],
    ['events', () => events.map((event) => renderEventCsv(event)).join('')],
    ...data.tables.map((table): [string, () => string] => [
      `table by ${table.dimension}`,
      () => [...renderReportCsv(table)].join(''),
    ]),
  ])('%s: no cell is a formula, none holds a control character', (_name, render) => {
    const text = render();
    const records: string[][] = parse(text);
    expect(records.length).toBeGreaterThan(0);
    for (const cell of records.flat()) {
      expect(cell).not.toMatch(/^\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20](?![\d.]+$)/);
      expect(cell).not.toMatch(ACTIVE);
    }
  });
});

describe.each(SUPPRESSION_EXPORTS.map((format) => [format.name, format] as const))('export for %s', (_name, format) => {
  const taken = listed.filter((entry) => format.refuses(entry) === undefined);
  const text = format.render(taken, 'UTC');

  it('takes or refuses each address, and refuses most of these', () => {
    if (format.name === 'spreadsheet') expect(taken).toHaveLength(listed.length);
    else expect(taken.length).toBeLessThan(listed.length);
    expect(taken.length).toBeGreaterThan(10);
  });

  it('holds one record for each address, and no control character', () => {
    expect(text).not.toMatch(ACTIVE);
    const records =
      format.name === 'postmark'
        ? (JSON.parse(text) as { Suppressions: unknown[] }).Suppressions.length
        : ['postfix', 'list', 'ses-ndjson'].includes(format.name)
          ? text.trimEnd().split('\n').length
          : (parse(text) as unknown[]).length - (format.name === 'ses' ? 0 : 1);
    expect(records).toBe(format.name === 'sparkpost' ? taken.length * 2 : taken.length);
  });
});
