/** The formats, in the order in which they are asked whether an input is theirs. */
import type { Format } from '../format.ts';
import { mailgunBounces } from './mailgun-bounces.ts';
import { mailgunComplaints } from './mailgun-complaints.ts';
import { mailgunUnsubscribes } from './mailgun-unsubscribes.ts';
import { postfix } from './postfix.ts';
import { postfixJournal } from './postfix-journal.ts';
import { postmarkSuppressions } from './postmark-suppressions.ts';
import { sendgrid } from './sendgrid.ts';
import { sendgridBlocks } from './sendgrid-blocks.ts';
import { sendgridBounces } from './sendgrid-bounces.ts';
import { sendgridInvalidEmails } from './sendgrid-invalid-emails.ts';
import { sendgridSpamReports } from './sendgrid-spam-reports.ts';
import { sendgridUnsubscribes } from './sendgrid-unsubscribes.ts';
import { sesSuppressions } from './ses-suppressions.ts';
import { sesSuppressionsJson } from './ses-suppressions-json.ts';

export const FORMATS: readonly Format[] = [
  postfix,
  postfixJournal,
  sendgrid,
  // The lists that ESPs export: they enter the ledger with their format as their origin.
  sendgridBounces,
  sendgridBlocks,
  sendgridInvalidEmails,
  sendgridSpamReports,
  sendgridUnsubscribes,
  mailgunBounces,
  mailgunComplaints,
  mailgunUnsubscribes,
  sesSuppressions,
  sesSuppressionsJson,
  postmarkSuppressions,
];
