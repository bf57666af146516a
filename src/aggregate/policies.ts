/**
 * The built-in policies, as data: the same shape that `--policy FILE` reads as JSON (`parsePolicy` checks both).
 *
 * - `standard`: what this program recommends.
 * - `cautious`: a bare reply code is never enough.
 * - `table`: the two SendGrid documents to the letter, the reply code alone. It removes living mailboxes too where a provider
 *   answers 550 to the sender's reputation; it is here to compare with.
 */
import type { Policy, PolicyRule } from './policy.ts';

const ASKED_TO_STOP: readonly PolicyRule[] = [
  {
    id: 'asked-to-stop',
    describe: 'The recipient complained or unsubscribed: for good.',
    categories: ['complaint', 'unsubscribe'],
    failures: 1,
    days: 1,
    lifted_by_delivery: false,
  },
];

const BY_MEANING: readonly PolicyRule[] = [
  {
    id: 'no-such-mailbox',
    describe: 'The mailbox does not exist, has moved, or its domain takes no mail.',
    categories: ['invalid_recipient', 'mailbox_moved', 'null_mx'],
    failures: 1,
    days: 1,
    lifted_by_delivery: true,
  },
  {
    id: 'esp-suppressed',
    describe: 'The ESP holds the address on a list of its own and drops the mail.',
    categories: ['esp_suppressed'],
    failures: 1,
    days: 1,
    lifted_by_delivery: true,
  },
  {
    id: 'disabled',
    describe: 'The mailbox is disabled or its domain is not found: it may come back, so two failures on two days.',
    categories: ['mailbox_disabled'],
    failures: 2,
    days: 2,
    lifted_by_delivery: true,
  },
  {
    id: 'no-such-domain',
    describe: 'The recipient’s own domain is not found: it may come back, so two failures on two days.',
    categories: ['invalid_domain'],
    own_domain: true,
    failures: 2,
    days: 2,
    lifted_by_delivery: true,
  },
  {
    id: 'full',
    describe: 'The mailbox is full: abandoned, if it is so on three days.',
    categories: ['mailbox_full'],
    failures: 3,
    days: 3,
    lifted_by_delivery: true,
  },
  {
    id: 'expired',
    describe: 'Given up after every retry, for a reason on the recipient’s side, on three days.',
    categories: ['expired'],
    faults: ['recipient'],
    failures: 3,
    days: 3,
    lifted_by_delivery: true,
  },
];

const NO_TEXT: PolicyRule = {
  id: 'refused-without-a-word',
  describe: '554 and no text at all: nothing else can be read from it.',
  layers: ['reply'],
  reply_codes: ['554'],
  without_text: true,
  failures: 1,
  days: 1,
  lifted_by_delivery: true,
};

const ANY_LAYER = { user: {}, provider: {}, phrase: {}, enhanced: {}, event: {} } as const;

export const POLICIES: readonly Policy[] = [
  {
    name: 'standard',
    // A bare reply code speaks of the recipient only where it answers RCPT TO (or nobody knows what it answered).
    layers: { ...ANY_LAYER, reply: { reply_codes: ['5xx'], commands: ['RCPT TO', ''] } },
    rules: [...ASKED_TO_STOP, ...BY_MEANING, NO_TEXT],
  },
  {
    name: 'cautious',
    layers: ANY_LAYER,
    rules: [...ASKED_TO_STOP, ...BY_MEANING],
  },
  {
    name: 'table',
    layers: { ...ANY_LAYER, reply: {} },
    rules: [
      ...ASKED_TO_STOP,
      {
        id: 'table-550-551-553',
        describe: '“Remove these addresses from your list.”',
        reply_codes: ['550', '551', '553'],
        failures: 1,
        days: 1,
        lifted_by_delivery: true,
      },
      { ...NO_TEXT, layers: ['user', 'provider', 'phrase', 'enhanced', 'reply', 'event'] },
    ],
  },
];
