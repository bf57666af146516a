/** Whose mail system answered: told from the host name of the relay, or from what only that system writes. */
import type { ProviderRow } from '../event/index.ts';

/** Host name → provider id, by suffix: `mx1.mail.protection.outlook.com` ends in `protection.outlook.com`. */
export class ProviderHosts {
  readonly #suffixes = new Map<string, string>();
  /** How the suffixes end, which have two labels or more: most hosts end otherwise, which one look tells. */
  readonly #tails = new Set<string>();
  /** Relays repeat: a log has few, each seen thousands of times. */
  readonly #cache = new Map<string, string | undefined>();

  constructor(providers: readonly ProviderRow[]) {
    for (const p of providers)
      for (const host of p.hosts) {
        const suffix = host.toLowerCase();
        this.#suffixes.set(suffix, p.id);
        this.#tails.add(tailOf(suffix));
      }
  }

  find(host: string): string | undefined {
    const cached = this.#cache.get(host);
    if (cached !== undefined || this.#cache.has(host)) return cached;
    const id = this.search(host);
    if (this.#cache.size >= 10_000) this.#cache.clear();
    // A copy: the host may be a slice that keeps a block of log alive.
    this.#cache.set(Buffer.from(host, 'utf16le').toString('utf16le'), id);
    return id;
  }

  /** The same for who asks for each host once. */
  search(host: string): string | undefined {
    let rest = host.toLowerCase();
    if (rest.endsWith('.')) rest = rest.slice(0, -1);
    if (!this.#tails.has(tailOf(rest))) return undefined;
    // Longest suffix first, label by label (a host name has at most 127; more is no host name).
    for (let labels = 0; labels < 128; labels++) {
      const id = this.#suffixes.get(rest);
      if (id !== undefined) return id;
      const dot = rest.indexOf('.');
      if (dot === -1) return undefined;
      rest = rest.slice(dot + 1);
    }
    return undefined;
  }
}

/** The last two labels of a name, or the one that it has. */
function tailOf(name: string): string {
  const last = name.lastIndexOf('.');
  return last <= 0 ? name : name.slice(name.lastIndexOf('.', last - 1) + 1);
}
