/** What needs a person, and what the mail server complains of. */
import type { Problem, ReportData } from '../../aggregate/report-model.ts';
import { integer } from '../figures.ts';
import { escapeHtml } from '../neutral.ts';
import { adviceText, NOTICE_TITLES, problemTitle, serverWords, whereText } from '../words.ts';
import { type Cell, dataTable, type Section, titleCase } from './parts.ts';

const KIND_NAMES: Readonly<Record<Problem['kind'], string>> = {
  sender_block: 'Refused on the sender’s side',
  deferral: 'Deferred',
  expired: 'Given up',
  suppression: 'To be suppressed',
};

export function problems(data: ReportData): Section {
  const body =
    data.problems.length === 0
      ? '<p>None: nothing needs action.</p>'
      : `<ol class="problems">${data.problems.map((problem) => problemItem(problem, data)).join('\n')}</ol>`;
  return { id: 'problems', title: 'Problems', body };
}

function problemItem(problem: Problem, data: ReportData): string {
  const line = (name: string, text: string): string =>
    text === '' ? '' : `<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`;
  const many = problem.where.length > 8 ? ` and ${integer(problem.where.length - 8)} more` : '';
  const where = problem.where.slice(0, 8).map(whereText).join(', ') + many;
  return `<li class="${problem.kind}"><span class="kind">${KIND_NAMES[problem.kind]}</span><h3>${escapeHtml(
    problemTitle(problem, data),
  )}</h3>${answer(problem.answer)}<dl class="facts">${line('Where', where)}${line('Means', problem.meaning)}${line('Do', adviceText(problem))}${line(
    'Seen',
    problem.example_queue_id === ''
      ? ''
      : `first in ${problem.example_queue_id} on ${problem.example_host}, ${problem.example_time.slice(0, 16).replace('T', ' ')}; rule ${problem.rule}`,
  )}</dl></li>`;
}

function answer(text: string): string {
  return text === '' ? '' : `<code class="answer">${escapeHtml(serverWords(text))}</code>`;
}

/** What servers said that asks for nothing by itself. */
export function notices(data: ReportData, top: number): Section[] {
  return data.notices.map(({ rule, count, texts }) => {
    const title = titleCase(NOTICE_TITLES[rule]);
    const rows = texts.slice(0, top);
    const cells: Cell<(typeof rows)[number]>[] = [
      { head: 'what', kind: 'head', text: (entry) => entry.text },
      { head: 'count', kind: 'figure', text: (entry) => integer(entry.count), value: (entry) => entry.count },
    ];
    return {
      id: rule,
      title: `${title} (${integer(count)})`,
      body: dataTable(title, rows, cells, `${rule}-table`, title),
    };
  });
}

export function warnings(data: ReportData): Section | undefined {
  if (data.warnings.length === 0) return undefined;
  const body = data.warnings
    .map((warning) => {
      const when = [warning.first, warning.last]
        .filter((time): time is string => time !== null)
        .map((time) => time.slice(0, 16).replace('T', ' '));
      return `<div class="warning"><h3>${integer(warning.count)} × ${escapeHtml(warning.cause || warning.rule)}</h3>${answer(
        warning.text,
      )}<dl class="facts"><dt>When</dt><dd>${escapeHtml([...new Set(when)].join(' to '))}${
        warning.host === null ? '' : ` on ${escapeHtml(warning.host)}`
      }</dd>${warning.remedy === '' ? '' : `<dt>Mend</dt><dd>${escapeHtml(warning.remedy)}</dd>`}</dl></div>`;
    })
    .join('\n');
  return { id: 'warnings', title: 'Warnings and what mends them', body };
}
