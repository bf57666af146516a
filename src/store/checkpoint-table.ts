/** How far each input has been read, in its table. */
import type { Checkpoint } from '../event/index.ts';
import type { Connection, Row } from './connection.ts';
import type { Ids } from './ids.ts';
import { SQL } from './sql.ts';
import { finite, time } from './values.ts';

export type StoredCheckpoint = Checkpoint & { committed: number };

export class CheckpointTable {
  readonly #db: Connection;
  readonly #ids: Ids;

  constructor(db: Connection, ids: Ids) {
    this.#db = db;
    this.#ids = ids;
  }

  all(): StoredCheckpoint[] {
    return this.#db.all(SQL.checkpoints).map(checkpointOf);
  }

  write(checkpoints: Iterable<Checkpoint>, now: number): void {
    for (const checkpoint of checkpoints) {
      if (checkpoint.id === 0) checkpoint.id = this.#ids.next('checkpoint');
      const { accounting } = checkpoint;
      this.#db.run(
        SQL.putCheckpoint,
        checkpoint.id,
        checkpoint.path,
        checkpoint.format,
        checkpoint.device,
        checkpoint.inode,
        Number(checkpoint.packed),
        checkpoint.size,
        checkpoint.modified,
        checkpoint.print,
        checkpoint.head_length,
        checkpoint.head_hash,
        checkpoint.offset,
        checkpoint.tail_hash,
        Number(checkpoint.settled),
        finite(checkpoint.clock_year),
        finite(checkpoint.clock_last),
        now,
        accounting.lines,
        accounting.event,
        accounting.context,
        accounting.ignored,
        accounting.malformed,
        accounting.truncated,
        checkpoint.trail,
      );
    }
  }
}

function checkpointOf(row: Row): Checkpoint & { committed: number } {
  const number = (index: number): number => Number(row[index]);
  const text = (index: number): string => String(row[index]);
  return {
    id: number(0),
    path: text(1),
    format: text(2),
    device: text(3),
    inode: text(4),
    packed: row[5] === 1,
    size: number(6),
    modified: number(7),
    print: text(8),
    head_length: number(9),
    head_hash: text(10),
    offset: number(11),
    tail_hash: text(12),
    trail: text(23),
    settled: row[13] === 1,
    clock_year: time(row[14]!, Number.NaN),
    clock_last: time(row[15]!, Number.NaN),
    committed: number(16),
    accounting: {
      lines: number(17),
      event: number(18),
      context: number(19),
      ignored: number(20),
      malformed: number(21),
      truncated: number(22),
    },
  };
}
