/**
 * A Postfix of the test's own, from its own folders, on loopback: nothing of the machine's configuration, queue or log is read
 * or written. Queue lifetime and backoff are seconds.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why it cannot run here; undefined where it can. */
export function missing(): string | undefined {
  if (spawnSync('postconf', ['-h', 'mail_version']).status !== 0) return 'Postfix is not installed';
  if (process.getuid?.() !== 0) return 'only root can start a Postfix';
  return undefined;
}

export function version(): string {
  return execFileSync('postconf', ['-h', 'mail_version'], { encoding: 'utf8' }).trim();
}

/** A port on which nobody listens: the system hands it out, and it is closed again. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export class Postfix {
  readonly folder: string;
  readonly #port: number;

  /** @param transports the lines of a transport(5) table */
  constructor(port: number, transports: readonly string[]) {
    this.#port = port;
    this.folder = mkdtempSync(join(tmpdir(), 'smtp-enrich-postfix-'));
    chmodSync(this.folder, 0o755);
    for (const name of ['etc', 'queue', 'data', 'log']) mkdirSync(join(this.folder, name));
    const user = Number(execFileSync('id', ['-u', 'postfix'], { encoding: 'utf8' }));
    const group = Number(execFileSync('id', ['-g', 'postfix'], { encoding: 'utf8' }));
    chownSync(join(this.folder, 'data'), user, group);
    writeFileSync(join(this.folder, 'etc/transport'), transports.map((line) => `${line}\n`).join(''));
    writeFileSync(join(this.folder, 'etc/aliases'), 'team ok-alias@accept.example, temp-alias@accept.example\n');
    writeFileSync(join(this.folder, 'etc/header_checks'), '/^From: <odd@/ WARN an odd sender\n');
    writeFileSync(join(this.folder, 'etc/main.cf'), this.#main());
    writeFileSync(join(this.folder, 'etc/master.cf'), this.#master());
  }

  get log(): string {
    return join(this.folder, 'log/maillog');
  }

  start(): void {
    this.#postfix('start');
  }

  /** Stops it, and makes sure that it is stopped: by the process id that it wrote down itself. */
  stop(): void {
    const pidFile = join(this.folder, 'queue/pid/master.pid');
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
    spawnSync('postfix', ['-c', join(this.folder, 'etc'), 'stop'], { timeout: 20_000 });
    if (pid > 1 && isAlive(pid)) {
      try {
        process.kill(-pid, 'SIGKILL'); // master leads the process group of all it started
      } catch {
        // gone in the meantime
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Hands a message in. */
  async send(sender: string, recipients: readonly string[]): Promise<void> {
    const socket = connect(this.#port, '127.0.0.1');
    socket.setTimeout(20_000, () => socket.destroy(new Error('Postfix does not answer')));
    const replies = lines(socket);
    const expect = async (code: string, command?: string): Promise<void> => {
      if (command !== undefined) socket.write(`${command}\r\n`);
      for (;;) {
        const { value, done } = await replies.next();
        if (done === true) throw new Error(`Postfix hung up at ${command}`);
        if (value[3] === '-') continue;
        if (!value.startsWith(code)) throw new Error(`${command}: ${value}`);
        return;
      }
    };
    await expect('220');
    await expect('250', 'EHLO test.example');
    await expect('250', `MAIL FROM:<${sender}>`);
    for (const recipient of recipients) await expect('250', `RCPT TO:<${recipient}>`);
    await expect('354', 'DATA');
    await expect('250', `From: <${sender}>\r\nSubject: test\r\n\r\nhello\r\n.`);
    await expect('221', 'QUIT');
    socket.destroy();
  }

  /** The queue as showq(8) tells it. */
  isIdle(): boolean {
    return this.#postqueue().includes('Mail queue is empty');
  }

  #postqueue(): string {
    const { stdout } = spawnSync('postqueue', ['-c', join(this.folder, 'etc'), '-p'], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    return stdout;
  }

  #postfix(command: string): void {
    const { status, stderr } = spawnSync('postfix', ['-c', join(this.folder, 'etc'), command], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    if (status !== 0)
      throw new Error(`postfix ${command}: ${stderr}\n${existsSync(this.log) ? readFileSync(this.log, 'utf8') : ''}`);
  }

  #main(): string {
    const { folder } = this;
    return `compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/log/maillog
maillog_file_prefixes = ${folder}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx01.test.example
mydestination = local.example
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
local_recipient_maps =
smtpd_recipient_restrictions = warn_if_reject check_recipient_access inline:{ { warned@accept.example = 550 5.7.1 not in this test } }
header_checks = regexp:${folder}/etc/header_checks
smtpd_reject_unlisted_recipient = no
alias_maps = texthash:${folder}/etc/aliases
alias_database =
transport_maps = texthash:${folder}/etc/transport
smtp_dns_support_level = disabled
enable_long_queue_ids = yes
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
transport_retry_time = 2s
maximal_queue_lifetime = 14s
bounce_queue_lifetime = 5s
smtp_connect_timeout = 5s
smtp_helo_timeout = 5s
smtp_destination_recipient_limit = 10
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
biff = no
`;
  }

  #master(): string {
    // These stand in the public folder of the queue, where postqueue and other users' programs find them.
    const open = ['pickup', 'cleanup', 'qmgr', 'flush', 'showq', 'postlog'];
    const service = (name: string, type: string, wakeup: string, limit: string, command: string) => {
      const isPrivate = type === 'inet' || open.includes(name) ? 'n' : '-';
      const isUnprivileged = command === 'local' ? 'n' : '-';
      return `${name} ${type} ${isPrivate} ${isUnprivileged} n ${wakeup} ${limit} ${command}`;
    };
    return `${[
      service(`127.0.0.1:${this.#port}`, 'inet', '-', '-', 'smtpd'),
      service('pickup', 'unix', '60', '1', 'pickup'),
      service('cleanup', 'unix', '-', '0', 'cleanup'),
      service('qmgr', 'unix', '300', '1', 'qmgr'),
      service('rewrite', 'unix', '-', '-', 'trivial-rewrite'),
      service('bounce', 'unix', '-', '0', 'bounce'),
      service('defer', 'unix', '-', '0', 'bounce'),
      service('trace', 'unix', '-', '0', 'bounce'),
      service('verify', 'unix', '-', '1', 'verify'),
      service('flush', 'unix', '1000?', '0', 'flush'),
      service('proxymap', 'unix', '-', '-', 'proxymap'),
      service('smtp', 'unix', '-', '-', 'smtp'),
      service('hard', 'unix', '-', '-', 'smtp -o syslog_name=postfix-hard -o smtp_skip_5xx_greeting=no'),
      service('internal', 'unix', '-', '-', 'smtp -o info_log_address_format=internal'),
      service('showq', 'unix', '-', '-', 'showq'),
      service('error', 'unix', '-', '-', 'error'),
      service('retry', 'unix', '-', '-', 'error'),
      service('discard', 'unix', '-', '-', 'discard'),
      service('local', 'unix', '-', '-', 'local'),
      service('anvil', 'unix', '-', '1', 'anvil'),
      service('scache', 'unix', '-', '1', 'scache'),
      service('postlog', 'unix-dgram', '-', '1', 'postlogd'),
    ].join('\n')}\n`;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where nobody collects the dead (a container without an init), they keep their number.
  const status = `/proc/${pid}/stat`;
  return !existsSync(status) || !/\) Z /.test(readFileSync(status, 'latin1'));
}

async function* lines(socket: NodeJS.ReadableStream): AsyncGenerator<string> {
  let pending = '';
  for await (const chunk of socket) {
    pending += chunk.toString();
    for (let feed = pending.indexOf('\r\n'); feed >= 0; feed = pending.indexOf('\r\n')) {
      yield pending.slice(0, feed);
      pending = pending.slice(feed + 2);
    }
  }
}
