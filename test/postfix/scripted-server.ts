/**
 * A receiving server that answers by script, and writes down what it said: the truth that the log is compared with. What it does
 * is told by the local part of the recipient (`temp-1@…`: put off once), or by the port (one that refuses at the banner).
 */
import { createServer, type Server, type Socket } from 'node:net';

/** What the server did with one recipient, at one attempt. */
export interface Answered {
  readonly recipient: string;
  readonly outcome: 'delivered' | 'deferred' | 'bounced' | 'lost';
  /** The lines it sent, without line ends; none where it hung up. */
  readonly lines: readonly string[];
  /** Which command it answered. */
  readonly command: 'RCPT TO' | 'end of DATA';
  readonly sender: string;
}

/** What the server says when somebody connects. */
export type Banner = 'greet' | '421' | '554' | 'hang up';

export class ScriptedServer {
  readonly answered: Answered[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #attempts = new Map<string, number>();
  #queued = 0;

  /** @returns the port it listens on */
  listen(banner: Banner): Promise<number> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      this.#serve(socket, banner);
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.on('error', reject);
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #serve(socket: Socket, banner: Banner): void {
    const say = (...lines: readonly string[]) => socket.write(lines.map((line) => `${line}\r\n`).join(''));
    if (banner === 'hang up') {
      socket.destroy();
      return;
    }
    if (banner !== 'greet') {
      socket.end(
        banner === '421'
          ? '421 4.7.0 too busy, come back later\r\n'
          : '554-mx.scripted.example\r\n554 5.7.1 your address is blocked\r\n',
      );
      return;
    }
    say('220 mx.scripted.example ESMTP');
    let pending = '';
    let sender = '';
    let accepted: string[] = [];
    let inData = false;
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (let feed = pending.indexOf('\r\n'); feed >= 0; feed = pending.indexOf('\r\n')) {
        const line = pending.slice(0, feed);
        pending = pending.slice(feed + 2);
        if (inData) {
          if (line !== '.') continue;
          inData = false;
          const lines = endOfData(accepted, ++this.#queued);
          const outcome = outcomeOf(lines);
          for (const recipient of accepted)
            this.answered.push({ recipient, outcome, lines, command: 'end of DATA', sender });
          say(...lines);
          continue;
        }
        const verb = line.slice(0, 4).toUpperCase();
        if (verb === 'EHLO')
          say('250-mx.scripted.example', '250-PIPELINING', '250-ENHANCEDSTATUSCODES', '250 8BITMIME');
        else if (verb === 'MAIL') {
          sender = between(line);
          accepted = [];
          say('250 2.1.0 Ok');
        } else if (verb === 'RCPT') {
          const recipient = between(line);
          const lines = this.#rcpt(recipient);
          if (lines === 'hang up') {
            this.answered.push({ recipient, outcome: 'lost', lines: [], command: 'RCPT TO', sender });
            socket.destroy();
            return;
          }
          if (lines[0]!.startsWith('2')) accepted.push(recipient);
          else this.answered.push({ recipient, outcome: outcomeOf(lines), lines, command: 'RCPT TO', sender });
          say(...lines);
        } else if (verb === 'DATA') {
          if (accepted.length === 0) say('503 5.5.1 no valid recipients');
          else {
            inData = true;
            say('354 go ahead');
          }
        } else if (verb === 'QUIT') {
          socket.end('221 2.0.0 Bye\r\n');
        } else say('250 2.0.0 Ok');
      }
    });
  }

  #rcpt(recipient: string): readonly string[] | 'hang up' {
    const attempt = (this.#attempts.get(recipient) ?? 0) + 1;
    this.#attempts.set(recipient, attempt);
    const [, kind, times] = /^"?([a-z]+)(?:-(\d+))?/.exec(recipient) ?? [];
    const first = attempt <= Number(times ?? 1);
    switch (kind) {
      case 'temp':
        return first ? ['450 4.2.0 greylisted, see http://scripted.example/?r=1'] : OK;
      case 'busy':
        return first ? ['451-4.3.2 busy:', '451-4.3.2 (the queue is full)', '451 4.3.2 try later'] : OK;
      case 'never':
        return ['452 4.2.2 the mailbox is full'];
      case 'gone':
        return ['550 5.1.1 <recipient>: no such user here'];
      case 'multi':
        return ['550-5.7.1 this is', '550-5.7.1 a policy, and so it goes', '550 5.7.1 on (and on)'];
      case 'hostile':
        return [
          '550 5.7.1 no), dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4AAAAAAAAA), to=<victim@scripted.example>',
        ];
      case 'drop':
        return first ? 'hang up' : OK;
      default:
        return OK;
    }
  }
}

const OK = ['250 2.1.5 Ok'];

function endOfData(recipients: readonly string[], queued: number): string[] {
  if (recipients.some((recipient) => recipient.startsWith('content'))) return ['554 5.7.1 the message looks like spam'];
  if (recipients.some((recipient) => recipient.startsWith('later'))) return ['451 4.7.1 the scanner is down'];
  return [`250 2.0.0 Ok: queued as 7F${String(queued).padStart(8, '0')}`];
}

function outcomeOf(lines: readonly string[]): 'delivered' | 'deferred' | 'bounced' {
  return lines[0]!.startsWith('2') ? 'delivered' : lines[0]!.startsWith('4') ? 'deferred' : 'bounced';
}

function between(line: string): string {
  return line.slice(line.indexOf('<') + 1, line.lastIndexOf('>'));
}
