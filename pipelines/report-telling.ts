/** What `smtp-enrich report` loads while others read: the figures of what was counted, and how they are written. */
import type { ReportData } from '../src/aggregate/report-model.ts';
import { renderReportCsv } from '../src/report/report-csv.ts';
import { renderReportJson } from '../src/report/report-json.ts';
import { renderReportMarkdown } from '../src/report/report-markdown.ts';
import { renderReportText } from '../src/report/report-text.ts';
import { PLAIN } from '../src/report/style.ts';
import type { Io } from './pipeline.ts';
import type { ReportValues } from './report.ts';
import { terminalStyle } from './terminal.ts';

export { reportData } from '../src/aggregate/report-data.ts';

export async function render(data: ReportData, values: ReportValues, io: Io): Promise<string | Iterable<string>> {
  const { top, detail } = values;
  const rows = top === 0 ? undefined : top;
  switch (values.format) {
    case 'json':
      return renderReportJson(data, { top: rows });
    case 'csv':
      return renderReportCsv(data.tables[0]!, { top: rows });
    case 'markdown':
      return renderReportMarkdown(data, { top, detail });
    case 'html':
      // The charts' library is large: loaded only where it is needed.
      return (await import('../src/report/report-html.ts')).renderReportHtml(data, { top, detail });
    case 'text':
      return renderReportText(data, values.output === undefined ? terminalStyle(io) : PLAIN, { top, detail });
  }
}
