import type { Suppression } from '../../aggregate/suppression-list.ts';

// RFC 5321's dot-string, with dots wherever they stand: some providers give out addresses such as `a..b.@example.com`.
const PLAIN_LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$/;
const DOMAIN = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/;

/** An address as every importer takes it, its domain in lower-case ASCII; undefined where it has no such form. */
export function plainAddress(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  if (at < 1 || address.length > 254 || !PLAIN_LOCAL.test(address.slice(0, at))) return undefined;
  const domain = asciiDomain(address.slice(at + 1));
  return domain === undefined ? undefined : `${address.slice(0, at)}@${domain}`;
}

function asciiDomain(domain: string): string | undefined {
  let ascii = domain.toLowerCase().replace(/\.$/, '');
  if (/[^\x00-\x7f]/.test(ascii)) {
    try {
      ascii = new URL(`http://${ascii}`).hostname;
    } catch {
      return undefined;
    }
  }
  return DOMAIN.test(ascii) ? ascii : undefined;
}

/** The `refuses` of most formats. */
export function refusesAddress(entry: Suppression): string | undefined {
  if (plainAddress(entry.address) !== undefined) return undefined;
  const local = entry.address.slice(0, entry.address.lastIndexOf('@'));
  if (!entry.address.includes('@')) return 'has no domain';
  if (/[^\x00-\x7f]/.test(local)) return 'has a local part beyond ASCII';
  if (local.startsWith('"')) return 'has a quoted local part';
  return 'is not an address that the importer takes';
}

/** The address of an entry that is not refused. */
export function addressOf(entry: Suppression): string {
  return plainAddress(entry.address) ?? entry.address;
}

/** Whether the recipient asked not to be mailed: no bounce, and most providers keep lists of their own for these. */
export function askedToStop(entry: Suppression): boolean {
  return entry.category === 'complaint' || entry.category === 'unsubscribe';
}
