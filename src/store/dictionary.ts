/** The dictionaries: words, kinds, outcomes and series as numbers, and back. */
import type { Connection, Row, Value } from './connection.ts';
import type { Ids } from './ids.ts';
import type { RollupBatch } from './rollup.ts';
import type { Kind, Outcome, Series, SeriesCells } from './series-cells.ts';
import { IN_RELAY, INSERT, SQL } from './sql.ts';

/** A relay's host and address, as they stand in it. */
const IN_BRACKETS = /^([^[\]]*)\[([^[\]]*)\]/;

export class Dictionary {
  readonly #db: Connection;
  readonly #ids: Ids;
  #words = new Map<string, number>();
  #newWords: [text: string, id: number][] = [];
  #kinds = new Map<Kind, number>();
  #kindIds: Map<string, number> | undefined;
  #outcomes = new Map<Outcome, number>();
  #outcomeIds: Map<string, number> | undefined;
  /** Numbers in series that were written since are right. */
  #since = {};
  /** The batch that knows every series there is by its number; undefined where there are others. */
  #knownWhole: RollupBatch | undefined;

  constructor(db: Connection, ids: Ids) {
    this.#db = db;
    this.#ids = ids;
  }

  /** What is stored has changed: nothing is known of it. */
  forget(): void {
    this.#words = new Map();
    this.#newWords = [];
    this.#kinds = new Map();
    this.#kindIds = undefined;
    this.#outcomes = new Map();
    this.#outcomeIds = undefined;
    this.#since = {};
    this.#knownWhole = undefined;
  }

  #word(text: string | undefined): number {
    if (text === undefined) return 0;
    let id = this.#words.get(text);
    if (id === undefined) {
      // Where this writer has put all words there, it has them in its map.
      const row = this.#ids.isNew('word') ? undefined : this.#db.get(SQL.findWord, text);
      if (row !== undefined) id = Number(row[0]);
      else {
        id = this.#ids.next('word');
        this.#newWords.push([text, id]);
      }
      this.#words.set(text, id);
    }
    return id;
  }

  kind(kind: Kind): number {
    let id = this.#kinds.get(kind);
    if (id !== undefined) return id;
    const members = [kind.event, kind.corrects, Number(kind.first), Number(kind.suspended), kind.bounce_type];
    this.#kindIds ??= idsByMembers(this.#db.all(SQL.kinds));
    id = this.#known(this.#kindIds, members, 'kind', SQL.addKind);
    this.#kinds.set(kind, id);
    return id;
  }

  #outcome(outcome: Outcome): number {
    let id = this.#outcomes.get(outcome);
    if (id !== undefined) return id;
    const members = [
      this.kind(outcome.kind),
      outcome.format,
      outcome.host ?? null,
      outcome.category,
      outcome.reply_code,
      outcome.enhanced_code ?? null,
      outcome.layer,
      outcome.rule,
    ];
    this.#outcomeIds ??= idsByMembers(this.#db.all(SQL.outcomes));
    id = this.#known(this.#outcomeIds, members, 'outcome', SQL.addOutcome);
    this.#outcomes.set(outcome, id);
    return id;
  }

  #known(ids: Map<string, number>, members: Value[], table: 'kind' | 'outcome', add: string): number {
    const key = JSON.stringify(members);
    let id = ids.get(key);
    if (id === undefined) {
      id = this.#ids.next(table);
      this.#db.run(add, id, ...members);
      ids.set(key, id);
    }
    return id;
  }

  /** Gives series of a batch their numbers. @param wanted all that have been added to, or some of them */
  number(rollup: RollupBatch, wanted: readonly SeriesCells[] = rollup.dirty): void {
    if (this.#ids.last('series') === 0) this.#knownWhole = rollup;
    else if (this.#knownWhole !== rollup) this.#knownWhole = undefined;
    for (const series of wanted) if (series.idSince !== this.#since) this.#numberOne(series);
    // In the order of the table: neighbours are written together.
    this.#newWords.sort((a, b) => (a[0] < b[0] ? -1 : 1));
    for (const [text, id] of this.#newWords) this.#db.insert(INSERT.word, text, id);
    this.#newWords = [];
  }

  #numberOne(series: SeriesCells): void {
    const { relay, relay_host, relay_ip } = series;
    // `mx.example.com[192.0.2.1]:25`: host and address stand in the relay, and need no words of their own.
    const said = relay === undefined ? null : IN_BRACKETS.exec(relay);
    const inRelay = said !== null && said[1] === relay_host && said[2] === relay_ip;
    const domain = this.#word(series.domain);
    const relayId = this.#word(relay);
    const outcome = this.#outcome(series.outcome);
    const provider = this.#word(series.provider);
    const sender = this.#word(series.sender);
    const host = inRelay ? IN_RELAY : this.#word(relay_host);
    const ip = inRelay ? IN_RELAY : this.#word(relay_ip);
    let id = 0;
    if (this.#knownWhole === undefined)
      id = Number(this.#db.get(SQL.findSeries, domain, relayId, outcome, provider, sender, host, ip)?.[0] ?? 0);
    if (id === 0) {
      id = this.#ids.next('series');
      if (inRelay && sender === 0) this.#db.insert(INSERT.plainSeries, domain, relayId, outcome, provider, id);
      else this.#db.insert(INSERT.series, domain, relayId, outcome, provider, sender, host, ip, id);
    }
    series.id = id;
    series.idSince = this.#since;
  }
}

/** The rows of a dictionary that is small enough to be in memory: their members → their number. */
function idsByMembers(rows: readonly Row[]): Map<string, number> {
  return new Map(rows.map(([id, ...members]) => [JSON.stringify(members), Number(id)]));
}

export function readKinds(db: Connection): Map<number, Kind> {
  return new Map(
    db.all(SQL.kinds).map(([id, event, corrects, first, suspended, bounce_type]) => [
      Number(id),
      {
        event: event as Kind['event'],
        corrects: String(corrects),
        first: first === 1,
        suspended: suspended === 1,
        bounce_type: String(bounce_type),
      },
    ]),
  );
}

export interface StoredSeries {
  readonly id: number;
  readonly series: Series;
}

export function* readSeries(db: Connection, kinds: ReadonlyMap<number, Kind>): IterableIterator<StoredSeries> {
  const words: (string | undefined)[] = [undefined];
  for (const [id, text] of db.rows(SQL.words)) words[id as number] = text as string;
  const outcomes = new Map<number, Outcome>();
  for (const row of db.rows(SQL.outcomes))
    outcomes.set(Number(row[0]), {
      kind: kinds.get(Number(row[1]))!,
      format: String(row[2]),
      host: row[3] === null ? undefined : String(row[3]),
      category: String(row[4]),
      reply_code: Number(row[5]),
      enhanced_code: row[6] === null ? undefined : String(row[6]),
      layer: String(row[7]),
      rule: String(row[8]),
    });
  for (const [id, domain, relay, outcome, provider, sender, host, ip] of db.rows(SQL.series)) {
    const relayText = words[relay as number];
    const inRelay = host === IN_RELAY ? IN_BRACKETS.exec(relayText!) : null;
    yield {
      id: id as number,
      series: {
        outcome: outcomes.get(outcome as number)!,
        domain: words[domain as number],
        provider: words[provider as number],
        relay: relayText,
        relay_host: inRelay?.[1] ?? words[host as number],
        relay_ip: inRelay?.[2] ?? words[ip as number],
        sender: words[sender as number],
      },
    };
  }
}
