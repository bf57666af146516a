/**
 * Postmark's suppressions of a message stream: https://postmarkapp.com/developer/api/suppressions-api
 *
 *   {"Suppressions":[{"EmailAddress":"a@example.com","SuppressionReason":"HardBounce","Origin":"Recipient","CreatedAt":"2019-12-17T08:58:33-05:00"}]}
 */
import type { WebhookAnswer } from '../../event/index.ts';
import { jsonExport } from '../export-parser.ts';

export const postmarkSuppressions = jsonExport({
  name: 'postmark-suppressions',
  describe: "Postmark's suppressions, as its API answers",
  marks: [/"EmailAddress"\s*:/, /"SuppressionReason"\s*:/],
  list: 'Suppressions',
  read: (field) => {
    const reason = field('SuppressionReason');
    // By hand, and by the recipient's own: that is the link at the foot of a mail.
    const unsubscribed = reason === 'ManualSuppression' && field('Origin') === 'Recipient';
    const answer: WebhookAnswer =
      reason === 'SpamComplaint'
        ? { category: 'complaint', rule: 'postmark-spam-complaint' }
        : unsubscribed
          ? { category: 'unsubscribe', rule: 'postmark-unsubscribe' }
          : {
              category: 'esp_suppressed',
              rule: reason === 'HardBounce' ? 'postmark-hard-bounce' : 'postmark-manual-suppression',
            };
    return {
      address: field('EmailAddress'),
      event: reason === 'SpamComplaint' ? 'complained' : unsubscribed ? 'unsubscribed' : 'dropped',
      status: reason,
      answer,
      time: field('CreatedAt'),
    };
  },
});
