/** The report as text: what needs a person first, then the figures. Columns, no rules; 80 wide unless told otherwise. */
import type { NoticeReport, Problem, ReportData } from '../aggregate/report-model.ts';
import { shortLocal } from '../aggregate/time-zone.ts';
import { bytes, duration, integer, percent, plural } from './figures.ts';
import { neutral } from './neutral.ts';
import type { Style } from './style.ts';
import { displayWidth, ellipsis, tableLines, wrap } from './table.ts';
import { tableSection } from './text/tables.ts';
import {
  adviceText,
  distinctText,
  NOTICE_TITLES,
  nothingText,
  problemTitle,
  readText,
  receivedLabel,
  receivedNote,
  rejectionsText,
  serverWords,
  whereText,
} from './words.ts';

export interface ReportTextOptions {
  /** Rows per table; 0 for all. */
  readonly top?: number;
  /** So many reasons below each row of a table by domain or provider. */
  readonly detail?: number;
}

/** The whole report, with its line end. */
export function renderReportText(data: ReportData, style: Style, options: ReportTextOptions = {}): string {
  const top = options.top ?? 20;
  const sections = [header(data, style), problems(data, style), warnings(data, style)];
  if (data.totals.events === 0) sections.push([nothingText(data)]);
  else sections.push(totals(data, style));
  for (const table of data.tables) sections.push(tableSection(table, data, style, top, options.detail ?? 0));
  for (const notice of data.notices) sections.push(noticeSection(notice, style, top));
  sections.push(suppression(data, style));
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function header(data: ReportData, style: Style): string[] {
  const { period, accounting } = data;
  const lines = [style.color.bold('MAIL DELIVERY REPORT')];
  const label = (name: string, text: string): void => {
    lines.push(...labelled(name, text, style));
  };
  label('Period', periodText(data));
  if (data.log_hosts.length > 0) label('Hosts', some(data.log_hosts, 6));
  if (data.inputs.length > 0)
    label(
      'Inputs',
      some(
        data.inputs.map((input) => input.name),
        4,
      ),
    );
  if (accounting.lines > 0) label('Read', readText(data));
  for (const input of data.inputs) {
    if (input.not_understood !== null) label('Warning', `${input.name}: ${input.not_understood}`);
    for (const loss of input.lost) label('Lost', `${input.name}: ${loss}`);
  }
  if (period.since !== null || period.until !== null)
    label('Asked for', `${period.since ?? 'the beginning'} until ${period.until ?? 'the end'}`);
  return lines;
}

function periodText({ period }: ReportData): string {
  if (period.first === null || period.last === null) return 'no event';
  const [firstDate, firstTime] = [period.first.slice(0, 10), period.first.slice(11, 16)];
  const [lastDate, lastTime] = [period.last.slice(0, 10), period.last.slice(11, 16)];
  const last = firstDate === lastDate ? lastTime : `${lastDate} ${lastTime}`;
  return `${firstDate} ${firstTime} to ${last} (${period.time_zone})`;
}

function problems(data: ReportData, style: Style): string[] {
  const { color } = style;
  if (data.problems.length === 0)
    return data.totals.messages === 0 ? [] : [color.bold('PROBLEMS'), color.green('None: nothing needs action.')];
  const lines = [color.bold('PROBLEMS')];
  data.problems.forEach((problem, index) => {
    const number = `${index + 1}.`.padEnd(4);
    const title = wrap(neutral(problemTitle(problem, data)), style.width - 4);
    const paint =
      problem.kind === 'sender_block' ? color.red : problem.kind === 'suppression' ? color.cyan : color.yellow;
    lines.push(...title.map((line, i) => `${i === 0 ? number : '    '}${paint(line)}`));
    const detail = (name: string, text: string): void => {
      if (text === '') return;
      const body = wrap(neutral(text), style.width - 4 - 8);
      lines.push(...body.map((line, i) => `    ${color.dim((i === 0 ? name : '').padEnd(8))}${line}`));
    };
    if (problem.where.length > 0 && !(problem.dimension === 'domain' && problem.where.length === 1))
      detail(WHERE[problem.kind], some(problem.where.map(whereText), 6));
    detail('Answer', serverWords(problem.answer));
    detail('Means', problem.meaning);
    detail('Do', adviceText(problem));
  });
  return lines;
}

const WHERE: Readonly<Record<Problem['kind'], string>> = {
  sender_block: 'From',
  deferral: 'At',
  expired: 'At',
  suppression: 'What',
};

function warnings(data: ReportData, style: Style): string[] {
  if (data.warnings.length === 0) return [];
  const lines = [style.color.bold('WARNINGS AND WHAT MENDS THEM')];
  for (const warning of data.warnings) {
    const when =
      warning.first === null || warning.last === null || warning.first === warning.last
        ? (warning.first ?? '').slice(0, 16).replace('T', ' ')
        : `${warning.first.slice(0, 16).replace('T', ' ')} to ${warning.last.slice(0, 16).replace('T', ' ')}`;
    const title = `${integer(warning.count)} × ${warning.cause === '' ? warning.rule : warning.cause}`;
    lines.push(...wrap(neutral(title), style.width).map((line) => style.color.yellow(line)));
    const detail = (name: string, text: string): void => {
      if (text === '') return;
      lines.push(
        ...wrap(neutral(text), style.width - 12).map(
          (line, i) => `    ${style.color.dim((i === 0 ? name : '').padEnd(8))}${line}`,
        ),
      );
    };
    detail('When', [when, warning.host === null ? '' : `on ${warning.host}`].filter((t) => t !== '').join(' '));
    detail('Log', warning.text);
    detail('Mend', warning.remedy);
  }
  return lines;
}

function totals(data: ReportData, style: Style): string[] {
  const { totals: t, bounce_notifications: bounces, rejected_by_action } = data;
  const lines = [style.color.bold('TOTALS')];
  const row = (name: string, value: string, note = ''): void => {
    lines.push(`${name.padEnd(22)}${value.padStart(10)}${note === '' ? '' : `  ${note}`}`.trimEnd());
  };
  if (t.processed > 0) row(receivedLabel(data), integer(t.processed), receivedNote(data));
  row('Messages', integer(t.messages), distinctText(data));
  row(
    '  deferred at first',
    integer(t.messages_deferred),
    `deferral rate by message ${percent(t.deferral_rate_by_message)}`,
  );
  if (bounces !== null && bounces.messages > 0) row('  bounce notifications', integer(bounces.messages), 'sender <>');
  row('Attempts', integer(t.attempts));
  row('  delivered', integer(t.delivered));
  row(
    '  deferred',
    integer(t.deferrals),
    `deferral rate by attempt ${percent(t.deferral_rate_by_attempt)}${
      t.suspended > 0 ? `; ${integer(t.suspended)} suspended, no server asked` : ''
    }`,
  );
  row('  bounced', integer(t.bounced), bounceTypes(t));
  row('Expired', integer(t.expired));
  if (t.dropped > 0) row('Dropped by the ESP', integer(t.dropped));
  if (t.complained > 0) row('Complaints', integer(t.complained));
  if (t.unsubscribed > 0) row('Unsubscribed', integer(t.unsubscribed));
  if (t.rejected > 0) row('Rejected inbound', integer(t.rejected), neutral(rejectionsText(rejected_by_action)));
  if (t.reject_warnings > 0) row('Warned of inbound', integer(t.reject_warnings));
  if (t.other > 0) row('Probes, internal', integer(t.other));
  const told = data.notices.reduce((sum, { count }) => sum + count, 0);
  if (t.warnings > told) row('Warnings', integer(t.warnings - told), 'and what mends them: above');
  if (t.bytes > 0) row('Delivered bytes', bytes(t.bytes));
  if (t.delay_median !== null)
    row(
      'Delay',
      duration(t.delay_median),
      `median; 95% within ${duration(t.delay_p95)}, all within ${duration(t.delay_max)}`,
    );
  return lines;
}

function bounceTypes(t: ReportData['totals']): string {
  return (['hard', 'soft', 'block', 'undetermined'] as const)
    .filter((type) => t[type] > 0)
    .map((type) => `${type} ${integer(t[type])}`)
    .join(', ');
}

function suppression(data: ReportData, style: Style): string[] {
  const s = data.suppression;
  if (s.listed === 0 && s.lifted === 0) return [];
  const lines = [style.color.bold('SUPPRESSION LIST')];
  lines.push(
    ...wrap(
      `${plural(s.listed, 'address', 'addresses')} listed (${integer(s.new)} new), ${integer(s.lifted)} lifted by a later delivery; policy ${s.policy}`,
      style.width,
    ),
  );
  lines.push(
    ...tableLines(
      s.newest,
      [
        { head: 'listed', cell: (entry) => shortLocal(entry.since, data.period.time_zone) },
        { head: 'address', cell: (entry) => neutral(entry.address), flexible: true },
        { head: 'category', cell: (entry) => entry.category },
        {
          head: 'code',
          cell: (entry) => entry.evidence.enhanced_code || (entry.reply_code === 0 ? '-' : String(entry.reply_code)),
        },
      ],
      style.width,
    ).map((line, index) => (index === 0 ? style.color.dim(line) : line)),
  );
  if (s.new > s.newest.length)
    lines.push(style.color.dim(`… ${integer(s.new - s.newest.length)} more (smtp-enrich suppress)`));
  return lines;
}

/** What asks for nothing by itself, by its words. */
function noticeSection({ rule, count, texts, total }: NoticeReport, style: Style, top: number): string[] {
  const shown = texts.slice(0, top === 0 ? texts.length : top);
  const width = Math.max(...shown.map((entry) => integer(entry.count).length), integer(count).length);
  return [
    style.color.bold(`${NOTICE_TITLES[rule]} (${integer(count)})`),
    ...shown.map((entry) => ellipsis(`${integer(entry.count).padStart(width)}  ${neutral(entry.text)}`, style.width)),
    ...(total > shown.length ? [style.color.dim(`… ${plural(total - shown.length, 'more row')} (--top)`)] : []),
  ];
}

function labelled(name: string, text: string, style: Style): string[] {
  return wrap(neutral(text), style.width - 11).map(
    (line, index) => `${style.color.dim((index === 0 ? name : '').padEnd(11))}${line}`,
  );
}

/** The first few of a list, and how many more there are. */
function some(items: readonly string[], count: number): string {
  const shown = items.slice(0, count).join(', ');
  return items.length > count ? `${shown} and ${integer(items.length - count)} more` : shown;
}

/** For tests and other renderers: the widest line. */
export function widest(text: string): number {
  return Math.max(0, ...text.split('\n').map(displayWidth));
}
