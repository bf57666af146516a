/** The figures of the whole, and where every line went. */
import type { ReportData } from '../../aggregate/report-model.ts';
import { bytes, duration, integer, percent, plural } from '../figures.ts';
import { escapeHtml } from '../neutral.ts';
import { distinctText, nothingText, receivedLabel, receivedNote, rejectionsText } from '../words.ts';
import { type Cell, dataTable, type Section } from './parts.ts';

export function totals(data: ReportData): Section {
  const { totals: t, bounce_notifications: bounces, rejected_by_action } = data;
  const tile = (name: string, value: string, note = ''): string =>
    `<li>${name}<b>${value}</b>${note === '' ? '' : `<span>${note}</span>`}</li>`;
  const more = (
    [
      ['Dropped by the ESP', t.dropped],
      ['Complaints', t.complained],
      ['Unsubscribed', t.unsubscribed],
      ['Warned of inbound', t.reject_warnings],
      ['Probes, internal', t.other],
    ] as const
  ).filter(([, count]) => count > 0);
  const types = (['hard', 'soft', 'block', 'undetermined'] as const)
    .filter((type) => t[type] > 0)
    .map((type) => `${type} ${integer(t[type])}`)
    .join(', ');
  if (t.events === 0) return { id: 'totals', title: 'Totals', body: `<p>${nothingText(data)}</p>` };
  const body = `<ul class="tiles">${[
    ...(t.processed > 0 ? [tile(receivedLabel(data), integer(t.processed), receivedNote(data))] : []),
    tile(
      'Messages',
      integer(t.messages),
      [
        distinctText(data),
        bounces === null || bounces.messages === 0 ? '' : plural(bounces.messages, 'bounce notification'),
      ]
        .filter((text) => text !== '')
        .join('; '),
    ),
    tile(
      'Deferred messages',
      percent(t.deferral_rate_by_message),
      `${integer(t.messages_deferred)} at their first attempt`,
    ),
    tile('Attempts', integer(t.attempts), `${integer(t.delivered)} delivered`),
    tile('Deferred attempts', percent(t.deferral_rate_by_attempt), `${integer(t.deferrals)} deferrals`),
    tile('Bounced', integer(t.bounced), types),
    tile('Expired', integer(t.expired)),
    ...(t.delay_median === null
      ? []
      : [
          tile(
            'Median delay',
            duration(t.delay_median),
            `95% within ${duration(t.delay_p95)}, all within ${duration(t.delay_max)}`,
          ),
        ]),
    ...(t.bytes > 0 ? [tile('Delivered', bytes(t.bytes))] : []),
    ...(t.rejected > 0
      ? [tile('Rejected inbound', integer(t.rejected), escapeHtml(rejectionsText(rejected_by_action)))]
      : []),
    ...more.map(([name, count]) => tile(name, integer(count))),
  ].join('')}</ul>`;
  return { id: 'totals', title: 'Totals', body };
}

export function inputs(data: ReportData): Section | undefined {
  if (data.inputs.length === 0) return undefined;
  const lost = data.inputs.flatMap((input) => [
    ...(input.not_understood === null ? [] : [`${input.name}: not understood: ${input.not_understood}`]),
    ...input.lost.map((loss) => `${input.name}: ${loss}`),
  ]);
  const count = (
    head: string,
    of: (input: ReportData['inputs'][number]) => number,
  ): Cell<ReportData['inputs'][number]> => ({
    head,
    kind: 'figure',
    text: (input) => integer(of(input)),
    value: of,
  });
  return {
    id: 'inputs',
    title: 'Where every line went',
    body:
      lost.map((text) => `<p>${escapeHtml(text)}</p>`).join('') +
      dataTable(
        'Lines (for JSON: objects) of each input',
        data.inputs,
        [
          { head: 'input', kind: 'head', text: (input) => input.name },
          { head: 'format', kind: 'text', text: (input) => input.format },
          count('lines', (input) => input.accounting.lines),
          count('event', (input) => input.accounting.event),
          count('context', (input) => input.accounting.context),
          count('ignored', (input) => input.accounting.ignored),
          count('malformed', (input) => input.accounting.malformed),
          count('too long', (input) => input.accounting.truncated),
        ],
        'inputs-table',
      ),
  };
}
