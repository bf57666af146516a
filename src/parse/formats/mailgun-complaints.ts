/**
 * Mailgun's list of complaints.
 *
 *   address,count,created_at
 *   a@example.com,1,"Fri, 21 Oct 2011 11:02:55 UTC"
 */
import { csvExport } from '../export-parser.ts';

export const mailgunComplaints = csvExport({
  name: 'mailgun-complaints',
  describe: "Mailgun's complaints, exported as CSV",
  columns: ['address', 'created_at'],
  read: (field) => ({
    address: field('address'),
    event: 'complained',
    status: 'complaint',
    answer: { category: 'complaint', rule: 'mailgun-complaint' },
    time: field('created_at'),
  }),
});
