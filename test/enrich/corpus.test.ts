/** The labelled answers of others, where they are at hand: the measure of the classification, in both directions. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Category } from '../../src/event/index.ts';
import { CLASSIFIER } from '../support/classifier.ts';

const CORPUS = fileURLToPath(new URL('../../../shared/corpora/bounce_labels.dev.ndjson', import.meta.url));
const present = existsSync(CORPUS);
if (!present) console.info(`skipped: ${CORPUS} is not there`);

/** Our categories on the common scale of the labels (the scoring tool's). */
const COARSE: Readonly<Partial<Record<Category, string>>> = {
  invalid_recipient: 'bad_mailbox',
  mailbox_moved: 'bad_mailbox',
  mailbox_disabled: 'inactive_mailbox',
  mailbox_full: 'mailbox_full',
  invalid_domain: 'bad_domain',
  null_mx: 'bad_domain',
  dns_failure: 'expired_or_unreachable',
  connection_failure: 'expired_or_unreachable',
  routing_loop: 'expired_or_unreachable',
  expired: 'expired_or_unreachable',
  greylisted: 'greylist',
  rate_limited: 'rate_limit',
  reputation: 'ip_block',
  spam_content: 'spam_content',
  malicious_content: 'virus',
  auth_failure: 'auth_failure',
  missing_ptr: 'sender_config',
  invalid_sender: 'sender_rejected',
  relay_denied: 'relay_denied',
  policy: 'policy',
  message_too_large: 'too_large',
  message_format: 'message_format',
  protocol_error: 'protocol',
  system_error: 'remote_system',
  tls_failure: 'tls',
};
const RECIPIENT_SIDE = new Set(['bad_mailbox', 'bad_domain', 'mailbox_full', 'inactive_mailbox']);

interface Labelled {
  readonly id: string;
  readonly set: string;
  readonly text: string;
  readonly coarse: string | null;
  readonly smtp_like: boolean;
}

describe.runIf(present)('SMTP answers that others labelled', () => {
  const seen = new Set<string>();
  const rows = (present ? readFileSync(CORPUS, 'utf8') : '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Labelled)
    .filter((row) => row.coarse && row.smtp_like && !seen.has(row.set + row.id) && seen.add(row.set + row.id));
  const verdicts = rows.map(({ text }) => CLASSIFIER.classify(text.replace(/\s+/g, ' ').trim(), { outcome: 'other' }));

  it('at least 85% get the right category', () => {
    const right = rows.filter((row, i) => COARSE[verdicts[i]!.category] === row.coarse).length;
    expect(rows.length).toBeGreaterThan(150);
    expect(right / rows.length).toBeGreaterThanOrEqual(0.85);
  });

  it('none is suppressed for the fault of the sender, the content or the network', () => {
    const unsafe = rows.filter((row, i) => !RECIPIENT_SIDE.has(row.coarse!) && verdicts[i]!.action === 'suppress');
    expect(unsafe.map((row) => row.text)).toEqual([]);
  });

  it('at least 95% of the mailboxes and domains that do not exist are suppressed', () => {
    const gone = rows.flatMap((row, i) =>
      row.coarse === 'bad_mailbox' || row.coarse === 'bad_domain' ? [verdicts[i]!] : [],
    );
    expect(gone.length).toBeGreaterThan(40);
    expect(gone.filter((verdict) => verdict.action === 'suppress').length / gone.length).toBeGreaterThanOrEqual(0.95);
  });
});
