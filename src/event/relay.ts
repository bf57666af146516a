//  gmail-smtp-in.l.google.com[2607:f8b0:400e:c04::1b]:25
//  ^                          ^                       ^
//  mx.example.org[/var/run/lmtp]   sub1.example.com[private/dovecot-lmtp]   127.0.0.1:2525   dovecot   local   none

/** A relay as logged, `host[address]:port` (Postfix src/smtp/smtp_session.c), taken apart when somebody asks. */
export class Relay {
  readonly text: string;
  /** Where host, address and port are named: the relay itself, or, for `none`, the answer that says who was not reached. */
  private readonly named: string;
  private readonly providerOf: (host: string) => string | undefined;
  private parts: Parts | undefined;
  private near: boolean | undefined;
  private whose: string | undefined | null = null;

  /** @param providerOf whose mail system a host is: a row of providers.csv */
  constructor(text: string, named = text, providerOf: (host: string) => string | undefined = () => undefined) {
    this.text = text;
    this.named = named;
    this.providerOf = providerOf;
  }

  /** Lower case; undefined for transports, which are no hosts. */
  get host(): string | undefined {
    return this.known.host;
  }
  get ip(): string | undefined {
    return this.known.ip;
  }
  get port(): number | undefined {
    return this.known.port;
  }
  get provider(): string | undefined {
    if (this.whose === null) this.whose = this.host === undefined ? undefined : this.providerOf(this.host);
    return this.whose;
  }
  /** This machine, one of its sockets, or an address of a private network. */
  get nearby(): boolean {
    if (this.near === undefined)
      this.near = this.known.socket || (this.known.ip !== undefined && isNearby(this.known.ip));
    return this.near;
  }

  private get known(): Parts {
    if (this.parts === undefined) this.parts = takeApart(this.named);
    return this.parts;
  }
}

interface Parts {
  readonly host: string | undefined;
  readonly ip: string | undefined;
  readonly port: number | undefined;
  readonly socket: boolean;
}

function takeApart(text: string): Parts {
  const open = text.indexOf('[');
  const close = open < 0 ? -1 : text.indexOf(']', open);
  if (open >= 0 && close > open) {
    const inside = text.slice(open + 1, close);
    const socket = inside.includes('/');
    return {
      host: open === 0 ? undefined : text.slice(0, open).toLowerCase(),
      ip: socket ? undefined : inside.toLowerCase().startsWith('ipv6:') ? inside.slice(5) : inside,
      port: portOf(text.slice(close + 1)),
      socket,
    };
  }
  //  127.0.0.1:2525
  const colon = text.lastIndexOf(':');
  const port = colon > 0 ? portOf(text.slice(colon)) : undefined;
  const name = port === undefined ? text : text.slice(0, colon);
  const ip = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) ? name : undefined;
  // `none`, `local`, `virtual`, `dovecot`: transports, not hosts
  return { host: ip ?? (name.includes('.') ? name.toLowerCase() : undefined), ip, port, socket: false };
}

function portOf(text: string): number | undefined {
  return /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : undefined;
}

/** Loopback and private networks (RFC 1918, RFC 4193, RFC 4291 section 2.5.3). */
function isNearby(ip: string): boolean {
  return /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd][0-9a-f]{2}:)/i.test(ip);
}
