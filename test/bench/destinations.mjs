// Where a busy sender's mail goes, and what the servers there answer: a few big providers take most of it and a long tail of
// domains the rest.

const SYLLABLES = ['ka', 'lo', 'mi', 'ta', 'ro', 'ne', 'su', 'vi', 'do', 'pa', 'be', 'gu', 'fe', 'zi', 'mo', 'ra'];
const TAIL_SHARE = 0.3;

/** @returns draws a destination, and an address there, by the given random numbers */
export function destinations({ random, below, pick, hex }, tailDomains) {
  // The answers are invented in the manner of the servers they stand for; all names are reserved ones (RFC 2606).
  const BIG = [
    {
      domain: 'gmail.example',
      weight: 30,
      relay: 'gmail-smtp-in.l.google.example',
      ip: '192.0.2.26',
      tls: 'TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)',
      ok: () =>
        `250 2.0.0 OK  ${1795000000 + below(1e6)} ${hex(12)}-${hex(12)}si${below(1e7)}${hex(3)}.${below(500)} - gsmtp`,
      later: [
        [
          '4.7.28',
          '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating 421-4.7.28 from your IP address. To protect our users from spam, mail sent 421-4.7.28 from your IP address has been temporarily rate limited. 421 4.7.28 Please visit https://support.google.example/mail/?p=UnsolicitedRateLimitError',
          'end of DATA',
        ],
        [
          '4.2.1',
          '450-4.2.1 The user you are trying to contact is receiving mail at a rate that 450-4.2.1 prevents additional messages from being delivered. 450 4.2.1 Please resend your message at a later time.',
          'RCPT TO',
        ],
      ],
      never: [
        [
          '5.1.1',
          "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. 550 5.1.1 https://support.google.example/mail/?p=NoSuchUser",
          'RCPT TO',
        ],
        [
          '5.7.26',
          "550-5.7.26 Unauthenticated email from news.example is not accepted due to 550-5.7.26 domain's DMARC policy. 550 5.7.26 Please contact the administrator of news.example",
          'end of DATA',
        ],
      ],
    },
    {
      domain: 'outlook.example',
      weight: 20,
      relay: 'outlook-com.olc.protection.outlook.example',
      ip: '192.0.2.33',
      tls: 'TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)',
      ok: () =>
        `250 2.6.0 <${hex(16)}@news.example> [InternalId=${below(1e12)}, Hostname=${hex(8).toUpperCase()}.namprd04.prod.outlook.example] ${below(9e4)} bytes in 0.${below(900)}, ${below(90)} KB/sec Queued mail for delivery -> 250 2.1.5`,
      later: [
        [
          '4.7.650',
          '451 4.7.650 The mail server [198.51.100.25] has been temporarily rate limited due to IP reputation. For e-mail delivery information, see https://postmaster.live.example (S775) [XX.namprd.prod.protection.outlook.example 2026-11-21T08:00:00.000Z 08DE]',
          'MAIL FROM',
        ],
      ],
      never: [
        ['5.5.0', '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).', 'RCPT TO'],
        [
          '5.7.1',
          "550 5.7.1 Unfortunately, messages from [198.51.100.25] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).",
          'MAIL FROM',
        ],
      ],
    },
    {
      domain: 'yahoo.example',
      weight: 12,
      relay: 'mta7.am0.yahoodns.example',
      ip: '192.0.2.47',
      tls: 'TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256 (128/128 bits)',
      ok: () => '250 ok dirdel',
      later: [
        [
          '4.7.0',
          '421 4.7.0 [TSS04] Messages from 198.51.100.25 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.example/error-codes',
          'MAIL FROM',
        ],
      ],
      never: [
        [
          '5.0.0',
          "554 delivery error: dd This user doesn't have a yahoo.example account (a@yahoo.example) [0] - mta4123.mail.ne1.yahoo.example",
          'end of DATA',
        ],
      ],
    },
    {
      domain: 'gmx.example',
      weight: 6,
      relay: 'mx00.emig.gmx.example',
      ip: '192.0.2.58',
      tls: 'TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)',
      ok: () => `250 Requested mail action okay, completed: id=1M${hex(5)}-1u${hex(6)}`,
      later: [['4.0.0', '421 Service unavailable: too many connections from your host', 'MAIL FROM']],
      never: [['5.0.0', '550 Requested action not taken: mailbox unavailable', 'RCPT TO']],
    },
  ];
  const BIG_TOTAL = BIG.reduce((sum, { weight }) => sum + weight, 0);

  const tail = {
    tls: 'TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)',
    ok: () => `250 2.0.0 Ok: queued as ${hex(10).toUpperCase()}`,
    later: [
      [
        '4.2.0',
        '450 4.2.0 <%TO%>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.example/help/%DOMAIN%.html',
        'RCPT TO',
      ],
      ['4.3.0', '451 4.3.0 Temporary lookup failure', 'RCPT TO'],
      ['4.2.2', '452 4.2.2 <%TO%> Mailbox full', 'RCPT TO'],
    ],
    never: [
      ['5.1.1', '550 5.1.1 <%TO%>: Recipient address rejected: User unknown in virtual mailbox table', 'RCPT TO'],
      [
        '5.7.1',
        '554 5.7.1 Service unavailable; Client host [198.51.100.25] blocked using zen.spamhaus.example; https://www.spamhaus.example/query/ip/198.51.100.25',
        'RCPT TO',
      ],
      ['5.2.2', '552 5.2.2 <%TO%>: Mailbox quota exceeded', 'RCPT TO'],
    ],
  };

  function tailDomain() {
    // A long tail: some of them often, most of them once.
    let n = Math.floor(tailDomains * random() ** 1.6);
    let name = '';
    do {
      name += SYLLABLES[n % 16];
      n = Math.floor(n / 16);
    } while (n > 0);
    return `${name}-mail.example`;
  }

  function destination() {
    if (random() < TAIL_SHARE) {
      const domain = tailDomain();
      // Small domains rarely run a mail server of their own: four of five are with one of two thousand hosters.
      const number = [...domain].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 10_000, 7);
      const relay = number % 5 === 0 ? `mx.${domain}` : `mx${number % 2}.hoster-${number % 2000}.example`;
      return { ...tail, domain, relay, ip: `203.0.113.${number % 250}` };
    }
    let at = random() * BIG_TOTAL;
    for (const big of BIG) {
      at -= big.weight;
      if (at < 0) return big;
    }
    return BIG[0];
  }

  const addressAt = (domain) => `${pick(SYLLABLES)}${pick(SYLLABLES)}.${pick(SYLLABLES)}${below(100000)}@${domain}`;
  return { destination, addressAt };
}
