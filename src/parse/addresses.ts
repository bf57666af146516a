/** Addresses and relays as Postfix logs them. */
import type { Relay } from '../event/index.ts';

/**
 * The domain of a recipient as it is counted: lower case, internationalised names in their ASCII form (RFC 5890), without a
 * final dot. What is no domain name at all is kept as it stands.
 * @param text what follows the last `@`
 */
export function domainOf(text: string): string {
  let domain = text.toLowerCase();
  if (domain.endsWith('.')) domain = domain.slice(0, -1);
  if (/^[\x21-\x7e]*$/.test(domain)) return domain;
  try {
    return new URL(`http://${domain}/`).hostname;
  } catch {
    return domain;
  }
}

//  gmail-smtp-in.l.google.com[2607:f8b0:400e:c04::1b]:25
//  ^                          ^                       ^
//  mx.example.org[/var/run/lmtp]   sub1.example.com[private/dovecot-lmtp]   127.0.0.1:2525   dovecot   local   none
/** Takes a relay apart: the host, its address, the port (src/smtp/smtp_session.c writes `host[addr]:port`). */
export function parseRelay(text: string): Relay {
  const open = text.indexOf('[');
  const close = open < 0 ? -1 : text.indexOf(']', open);
  if (open >= 0 && close > open) {
    const inside = text.slice(open + 1, close);
    const host = text.slice(0, open).toLowerCase();
    const ip = inside.includes('/') ? undefined : inside.replace(/^ipv6:/i, '');
    return {
      text,
      host: host === '' ? undefined : host,
      ip,
      port: portOf(text.slice(close + 1)),
      nearby: ip === undefined || isNearby(ip),
      provider: undefined,
    };
  }
  //  127.0.0.1:2525
  const colon = text.lastIndexOf(':');
  const port = colon > 0 ? portOf(text.slice(colon)) : undefined;
  const name = port === undefined ? text : text.slice(0, colon);
  const ip = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) ? name : undefined;
  // `none`, `local`, `virtual`, `dovecot`: transports, not hosts
  const host = ip ?? (name.includes('.') ? name.toLowerCase() : undefined);
  return { text, host, ip, port, nearby: ip !== undefined && isNearby(ip), provider: undefined };
}

/** Loopback and private networks (RFC 1918, RFC 4193, RFC 4291 section 2.5.3). */
function isNearby(ip: string): boolean {
  return /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd][0-9a-f]{2}:)/i.test(ip);
}

function portOf(text: string): number | undefined {
  return /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : undefined;
}
