/**
 * Mailgun's list of unsubscribes. The tag `*` stands for everything; any other for the mail of that tag alone.
 *
 *   address,tags,created_at
 *   a@example.com,*,"Fri, 21 Oct 2011 11:02:55 UTC"
 */
import { csvExport } from '../export-parser.ts';

export const mailgunUnsubscribes = csvExport({
  name: 'mailgun-unsubscribes',
  describe: "Mailgun's unsubscribes, exported as CSV",
  columns: ['address', 'tags', 'created_at'],
  read: (field) => {
    const tags = field('tags').replace(/[[\]'"\s]/g, '');
    return {
      address: field('address'),
      event: 'unsubscribed',
      status: 'unsubscribe',
      answer: { category: 'unsubscribe', rule: 'mailgun-unsubscribe' },
      unsubscribe_group: tags === '' || tags.split(',').includes('*') ? undefined : tags,
      time: field('created_at'),
    };
  },
});
