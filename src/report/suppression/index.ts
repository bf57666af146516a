/** The suppression files, in the order the help shows them. A new one is one file and one line here. */
import type { SuppressionExport } from './export-format.ts';
import { list } from './list.ts';
import { mailgun } from './mailgun.ts';
import { postfix } from './postfix.ts';
import { postmark } from './postmark.ts';
import { sendgrid } from './sendgrid.ts';
import { ses, sesNdjson } from './ses.ts';
import { sparkpost } from './sparkpost.ts';
import { spreadsheet } from './spreadsheet.ts';

export const SUPPRESSION_EXPORTS: readonly SuppressionExport[] = [
  sendgrid,
  mailgun,
  ses,
  sesNdjson,
  postmark,
  sparkpost,
  postfix,
  list,
  spreadsheet,
];
