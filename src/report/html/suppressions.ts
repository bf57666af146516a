/** The newest addresses of the suppression list. */
import type { ReportData } from '../../aggregate/report-model.ts';
import { shortLocal } from '../../aggregate/time-zone.ts';
import { integer, plural } from '../figures.ts';
import { escapeHtml } from '../neutral.ts';
import { serverWords } from '../words.ts';
import { dataTable, type Section } from './parts.ts';

export function suppressions(data: ReportData): Section | undefined {
  const { suppression } = data;
  if (suppression.listed === 0 && suppression.lifted === 0) return undefined;
  const more = suppression.new - suppression.newest.length;
  return {
    id: 'suppressions',
    title: 'Suppression list',
    body: `<p>${plural(suppression.listed, 'address', 'addresses')} listed (${integer(suppression.new)} new), ${integer(
      suppression.lifted,
    )} lifted by a later delivery; policy ${escapeHtml(suppression.policy)}.</p>${
      suppression.newest.length === 0
        ? ''
        : dataTable(
            `Newest${more > 0 ? `, ${integer(more)} more in smtp-enrich suppress` : ''}`,
            suppression.newest,
            [
              { head: 'address', kind: 'head', text: (entry) => entry.address },
              { head: 'listed', kind: 'text', text: (entry) => shortLocal(entry.since, data.period.time_zone) },
              { head: 'category', kind: 'text', text: (entry) => entry.category },
              { head: 'answer', kind: 'long', text: (entry) => serverWords(entry.evidence.answer) },
            ],
            'suppression-table',
          )
    }`,
  };
}
