/** The suppression ledger: addresses, their failures, and what proves them. */
import { DAY_MS, foldSuppression, type LedgerAddress, type LedgerEntry } from '../aggregate/suppression.ts';
import { addressKeyOfText, KeySet } from '../event/index.ts';
import type { Connection, Row, Value } from './connection.ts';
import type { Ids } from './ids.ts';
import type { LedgerBatch } from './ledger-batch.ts';
import { INSERT, SQL } from './sql.ts';
import { finite, time } from './values.ts';

/** So many proofs are remembered while writing. */
const MOST_PROOFS = 100_000;

export class LedgerTables {
  readonly #db: Connection;
  readonly #ids: Ids;
  #failureKinds: Map<string, number> | undefined;
  #proofs = new Map<string, number>();
  #reader: FailureReader | undefined;

  constructor(db: Connection, ids: Ids) {
    this.#db = db;
    this.#ids = ids;
  }

  /** What is stored has changed: nothing is known of it. */
  forget(): void {
    this.#failureKinds = undefined;
    this.#proofs = new Map();
    this.#reader = undefined;
  }

  write(batch: LedgerBatch): void {
    const fold = foldSuppression();
    // In the order of the table: neighbours are written together.
    for (const [key, known] of [...batch.addresses].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
      const isNew = batch.stored !== undefined && !batch.stored.has(addressKeyOfText(key));
      const stored = isNew ? undefined : this.#address(key);
      let merged = known;
      if (stored !== undefined) {
        const sum = { addresses: new Map([[key, stored]]), deliveries: null };
        fold.merge(sum, { addresses: new Map([[key, known]]), deliveries: null });
        merged = sum.addresses.get(key)!;
        merged.last_delivery = Math.max(merged.last_delivery, batch.before.get(key) ?? Number.NEGATIVE_INFINITY);
      }
      this.#db.insert(INSERT.address, key, merged.address, finite(merged.last_delivery));
      for (const entry of merged.entries) this.#writeFailure(key, entry);
    }
    for (const [key, time] of batch.before) if (!batch.addresses.has(key)) this.#db.run(SQL.noteDelivery, time, key);
  }

  #writeFailure(key: string, entry: LedgerEntry): void {
    const { evidence } = entry;
    this.#db.insert(
      INSERT.failure,
      key,
      this.#failureKind(entry),
      entry.first,
      entry.last,
      entry.count,
      // Of one failure the day is that of its time.
      entry.count === 1 ? '' : entry.days.join(','),
      evidence.queue_id,
      evidence.answer,
      this.#proof(entry),
    );
  }

  #failureKind({ kind }: LedgerEntry): number {
    this.#failureKinds ??= new Map(
      this.#db.all(SQL.failureKinds).map(([id, ...members]) => [members.join('\0'), Number(id)]),
    );
    const members: Value[] = [
      kind.category,
      kind.layer,
      kind.fault,
      kind.reply_code,
      kind.command,
      Number(kind.without_text),
      Number(kind.own_domain),
      kind.unsubscribe_group,
      Number(kind.group_only),
    ];
    const key = members.join('\0');
    let id = this.#failureKinds.get(key);
    if (id === undefined) {
      id = this.#ids.next('failure_kind');
      this.#db.run(SQL.addFailureKind, id, ...members);
      this.#failureKinds.set(key, id);
    }
    return id;
  }

  #proof({ evidence }: LedgerEntry): number {
    const members = [
      evidence.matched,
      evidence.rule,
      evidence.host,
      evidence.input,
      evidence.enhanced_code,
      evidence.format,
      evidence.layer,
    ];
    const key = members.join('\0');
    let id = this.#proofs.get(key);
    if (id === undefined) {
      const row = this.#db.get(SQL.findProof, ...members);
      if (row !== undefined) id = Number(row[0]);
      else {
        id = this.#ids.next('proof');
        this.#db.insert(INSERT.proof, id, ...members);
      }
      if (this.#proofs.size > MOST_PROOFS) this.#proofs.clear();
      this.#proofs.set(key, id);
    }
    return id;
  }

  count(): number {
    return Number(this.#db.get(SQL.addressCount)![0]);
  }

  keys(): KeySet {
    const keys = new KeySet();
    for (const [key] of this.#db.rows(SQL.addressKeys)) keys.add(addressKeyOfText(String(key)));
    return keys;
  }

  *addresses(): IterableIterator<LedgerAddress> {
    const reader = new FailureReader(this.#db);
    reader.preload();
    const remarkable = this.#db.rows(SQL.remarkable);
    let more = remarkable.next();
    let key: Value = null;
    let known: LedgerAddress | undefined;
    for (const row of this.#db.rows(SQL.ledger)) {
      if (row[0] !== key || known === undefined) {
        if (known !== undefined) yield known;
        key = row[0]!;
        known = { address: String(key), entries: [], last_delivery: Number.NEGATIVE_INFINITY };
        if (more.done !== true && more.value[0] === key) {
          known.address = String(more.value[1]);
          known.last_delivery = time(more.value[2]!, Number.NEGATIVE_INFINITY);
          more = remarkable.next();
        }
      }
      known.entries.push(reader.entry(row, 1));
    }
    if (known !== undefined) yield known;
  }

  address(text: string): LedgerAddress | undefined {
    return this.#address(text.toLowerCase());
  }

  #address(key: string): LedgerAddress | undefined {
    const row = this.#db.get(SQL.findAddress, key);
    if (row === undefined) return undefined;
    this.#reader ??= new FailureReader(this.#db);
    const reader = this.#reader;
    return {
      address: String(row[0]),
      entries: this.#db.all(SQL.failuresOf, key).map((failure) => reader.entry(failure, 0)),
      last_delivery: time(row[1]!, Number.NEGATIVE_INFINITY),
    };
  }
}

/** Rows of the table of failures as entries of a ledger; kinds and proofs are shared. */
class FailureReader {
  readonly #kinds = new Map<number, LedgerEntry['kind']>();
  readonly #proofs = new Map<number, Row>();
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** All proofs at once, for a walk through all addresses. */
  preload(): void {
    for (const [id, ...proof] of this.#db.rows(SQL.proofs)) this.#proofs.set(Number(id), proof);
  }

  #kind(id: number): LedgerEntry['kind'] {
    // While writing, kinds are added all the time.
    if (!this.#kinds.has(id))
      for (const row of this.#db.all(SQL.failureKinds))
        this.#kinds.set(Number(row[0]), {
          category: row[1] as LedgerEntry['kind']['category'],
          layer: row[2] as LedgerEntry['kind']['layer'],
          fault: row[3] as LedgerEntry['kind']['fault'],
          reply_code: Number(row[4]),
          command: String(row[5]),
          without_text: row[6] === 1,
          own_domain: row[7] === 1,
          unsubscribe_group: String(row[8]),
          group_only: row[9] === 1,
        });
    return this.#kinds.get(id)!;
  }

  entry(row: Row, at: number): LedgerEntry {
    const first = Number(row[at + 1]);
    const count = Number(row[at + 3]);
    const days = String(row[at + 4]);
    const id = Number(row[at + 7]);
    let proof = this.#proofs.get(id);
    if (proof === undefined) {
      proof = this.#db.get(SQL.proof, id)!;
      this.#proofs.set(id, proof);
    }
    return {
      kind: this.#kind(Number(row[at])),
      first,
      last: Number(row[at + 2]),
      count,
      days: days === '' ? [Math.floor(first / DAY_MS)] : days.split(',').map(Number),
      evidence: {
        host: String(proof[0]),
        queue_id: String(row[at + 5]),
        format: String(proof[1]),
        input: String(proof[2]),
        answer: String(row[at + 6]),
        enhanced_code: String(proof[3]),
        layer: proof[4] as LedgerEntry['evidence']['layer'],
        rule: String(proof[5]),
        matched: String(proof[6]),
      },
    };
  }
}
