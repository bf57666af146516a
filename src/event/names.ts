/**
 * What the numbers of a parser's dictionary stand for: hosts, programs, domains, relays. The dictionary itself lies in the
 * parser's memory (src/parse/assembly/dictionary.ts), which threads share; a text is cut from it when somebody first asks.
 */
import { decode } from './decode.ts';
import { Relay } from './relay.ts';

/** What has to be known to make names of texts. */
export interface NameTools {
  /** Whose mail systems are known, and how their hosts' names end; counted from 1 in this order. */
  readonly providers: readonly { readonly id: string; readonly hosts: readonly string[] }[];
  /** The domain as it is counted, of what follows an address's last `@`. */
  readonly domainOf: (text: string) => string;
  /** Whose mail system a host is: a row of providers.csv. */
  readonly providerOf: (host: string) => string | undefined;
}

/** The head of a dictionary, 32-bit places: count, most, mask, slots, entries. */
const MASK_PLACE = 2;
/** In an entry: its flags, of which one says that a relay is described, and where the number of its provider begins. */
const FLAGS_PLACE = 5;
const DESCRIBED = 4;
const PROVIDER_BITS = 8;
/** See Names.providerOf. */
export const UNDESCRIBED = -1;
const ENTRIES_PLACE = 4;
/** An entry: its hash (two places), where its bytes lie, how many they are; group and flags of a relay, see describeRelay; short bytes. */
const ENTRY_PLACES = 16;

export class Names {
  readonly #bytes: Buffer;
  readonly #places: Int32Array;
  readonly #head: number;
  readonly tools: NameTools;
  /** What was asked for. A number is of one kind only. */
  readonly #values: (string | Relay | undefined)[] = [];

  /** Where the dictionary starts in the memory. */
  readonly at: number;

  constructor(bytes: Buffer, at: number, tools: NameTools) {
    this.#bytes = bytes;
    this.at = at;
    this.#head = at >> 2;
    this.#places = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    this.tools = tools;
  }

  /** So many numbers there are at most. */
  get most(): number {
    return (this.#places[this.#head + MASK_PLACE]! + 1) / 2;
  }

  /** @param number of a host or a program, from 1 */
  text(number: number): string {
    const known = this.#values[number] as string | undefined;
    if (known !== undefined) return known;
    const text = this.#cut(number);
    this.#values[number] = text;
    return text;
  }

  /** The number of a relay's provider, 0 for none; UNDESCRIBED where it is not known yet. @param number of a relay, from 1 */
  providerOf(number: number): number {
    const flags = this.#places[this.#entry(number) + FLAGS_PLACE]!;
    return (flags & DESCRIBED) === 0 ? UNDESCRIBED : flags >>> PROVIDER_BITS;
  }

  domain(number: number): string {
    const known = this.#values[number] as string | undefined;
    if (known !== undefined) return known;
    const domain = this.tools.domainOf(this.#cut(number));
    this.#values[number] = domain;
    return domain;
  }

  /** @param unreached whether the name is that of a server that was not reached: the relay is then `none` */
  relay(number: number, unreached: boolean): Relay {
    const known = this.#values[number] as Relay | undefined;
    if (known !== undefined) return known;
    const relay = this.relayNamed(this.#cut(number), unreached);
    this.#values[number] = relay;
    return relay;
  }

  /** A relay that has no number. */
  relayNamed(text: string, unreached: boolean): Relay {
    return new Relay(unreached ? 'none' : text, text, this.tools.providerOf);
  }

  /** A domain that has no number. */
  domainNamed(text: string): string {
    return this.tools.domainOf(text);
  }

  #entry(number: number): number {
    return (this.#places[this.#head + ENTRIES_PLACE]! >> 2) + (number - 1) * ENTRY_PLACES;
  }

  #cut(number: number): string {
    const entry = this.#entry(number);
    const start = this.#places[entry + 2]!;
    return decode(this.#bytes, start, start + this.#places[entry + 3]!);
  }
}
