/** Lines of a made-up maillog that add up to something: deliveries, deferrals that end or expire later, bounces, noise. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DOMAINS = ['one.example', 'two.example', 'three.example'];

export class LogLines {
  #time: number;
  readonly #yearless: boolean;
  #count = 0;
  readonly #open: string[] = [];

  constructor(start: number, yearless: boolean) {
    this.#time = start;
    this.#yearless = yearless;
  }

  /** The next line, without its line feed; what it says follows from `dice` (any integer from 0). */
  next(dice: number): string {
    this.#time += 1000 * (1 + (dice % 173));
    const n = ++this.#count;
    const id = `3q${n.toString(36).toUpperCase().padStart(6, '0')}z`;
    const domain = DOMAINS[dice % 3]!;
    const to = (key: string): string =>
      `${key}: to=<user${dice % 7}@${domain}>, relay=mx.${domain}[192.0.2.${dice % 9}]:25, delay=${(dice % 50) / 10}, delays=0.1/0/0/0, `;
    switch (dice % 6) {
      case 0:
        this.#open.push(id);
        return this.#line(
          `smtp[${n}]`,
          `${to(id)}dsn=4.2.0, status=deferred (host mx.${domain}[192.0.2.1] said: 450 4.2.0 Greylisted, try again in ${dice % 60} seconds (in reply to RCPT TO command))`,
        );
      case 1:
        return this.#line(
          `smtp[${n}]`,
          `${to(id)}dsn=5.1.1, status=bounced (host mx.${domain}[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))`,
        );
      case 2: {
        const open = this.#open.shift();
        if (open !== undefined && dice % 4 === 2)
          return this.#line('qmgr[99]', `${open}: from=<news@sender.example>, status=expired, returned to sender`);
        return this.#line(`smtp[${n}]`, `${to(open ?? id)}dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as ${id})`);
      }
      case 3:
        return this.#line(`smtpd[${n}]`, `connect from unknown[192.0.2.${dice % 200}]`);
      default:
        return this.#line(`smtp[${n}]`, `${to(id)}dsn=2.0.0, status=sent (250 2.0.0 Ok ${n})`);
    }
  }

  #line(program: string, text: string): string {
    const at = new Date(this.#time);
    const clock = at.toISOString().slice(11, 19);
    const stamp = this.#yearless
      ? `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)} ${clock}`
      : `${at.toISOString().slice(0, 19)}+00:00`;
    return `${stamp} mx01 postfix/${program}: ${text}`;
  }
}
