/**
 * Which file holds which content. Names move (rotation), bytes move (compression, copies), inodes are given out again at once:
 * a file is the one that was read where its first bytes and those before the place of the last stop are the same.
 */
import { type Checkpoint, emptyAccounting } from '../event/index.ts';
import type { LogFile, Placed } from './log-file.ts';
import { BEGINNING, fingerprint, type Position } from './position.ts';
import type { ByteReader } from './source.ts';
import { type Common, commonPart, restOf, trailOf } from './trail.ts';

/** A file's place in what is known. */
export interface Found {
  readonly checkpoint: Checkpoint;
  readonly start: Position;
  readonly reader: ByteReader;
  /** For a content that is told from another by nothing but what follows a part of a line: which one that is. */
  readonly doubt?: Doubt;
}

/** A content begins like one that ends within a line, and goes on there; the part of a line was counted as a line. */
export interface Doubt {
  /** Where that was. */
  readonly path: string;
  /** Bytes of whole lines that both begin with: counted then, and not again. */
  readonly common: number;
  /** Bytes of the part of a line. */
  readonly part: number;
}

/** A file, and the content it is taken for. */
export interface Known {
  readonly file: LogFile;
  readonly checkpoint: Checkpoint;
}

/** A content of which only the beginning is left, in this file; its place is the end of that by now. */
export interface Cut {
  readonly checkpoint: Checkpoint;
  readonly file: LogFile;
  /** So far it is certain that nothing was changed. */
  readonly certain: number;
  /** The place before. */
  readonly before: number;
  /** It was said to be gone before this was found. */
  readonly isSaid: boolean;
}

/** Of a content of which nothing has been read yet. */
export function newCheckpoint(path: string): Checkpoint {
  return {
    id: 0,
    path,
    format: '',
    device: '',
    inode: '',
    packed: false,
    size: 0,
    modified: 0,
    print: '',
    head_length: 0,
    head_hash: '',
    offset: 0,
    tail_hash: fingerprint(BEGINNING.tail),
    trail: '',
    settled: false,
    clock_year: Number.NaN,
    clock_last: Number.NaN,
    accounting: emptyAccounting(),
  };
}

export class Lineage {
  readonly #checkpoints: Checkpoint[];
  /** Contents that were met in this run, under any name. */
  readonly #met = new Set<Checkpoint>();
  /** The files in which they were met. */
  readonly #files = new Map<Checkpoint, LogFile>();
  /** How far contents have been read in this run, which may be further than has been counted yet. */
  readonly #reading = new Map<Checkpoint, Position>();

  constructor(checkpoints: Iterable<Checkpoint>) {
    this.#checkpoints = [...checkpoints];
  }

  /** A compressed file that has been read to its end and was not touched since: known without unpacking it again. */
  async isUntouched(file: LogFile): Promise<boolean> {
    if (!file.packed) return false;
    for (const checkpoint of this.#checkpoints) {
      if (!checkpoint.settled || !checkpoint.packed || !isSameFile(checkpoint, file)) continue;
      if (checkpoint.size !== file.size || checkpoint.modified !== file.modified) continue;
      if (checkpoint.print !== (await file.print())) continue;
      this.#met.add(checkpoint);
      this.#files.set(checkpoint, file);
      return true;
    }
    return false;
  }

  /**
   * The content of a file as far as it is known, opened where reading stopped; a new checkpoint for a new content. Undefined for a
   * copy that is not finished yet: `gzip` and `copytruncate` write one beside the log, and what is in it has been read there.
   */
  async find(file: LogFile): Promise<Found | undefined> {
    const found = await this.match(file);
    if (found !== undefined) return found;
    for (const checkpoint of this.#candidates(file)) if (await this.#isPart(file, checkpoint)) return undefined;
    return (await this.#goingOn(file)) ?? this.#add(file);
  }

  /** Whether a file that begins like a content is the beginning of it, and shorter than what was read. */
  async #isPart(file: LogFile, checkpoint: Checkpoint): Promise<boolean> {
    const offset = this.#reading.get(checkpoint)?.offset ?? checkpoint.offset;
    if (isSameFile(checkpoint, file) || (!file.packed && file.size >= offset)) return false;
    const { position, broken } = await file.end();
    if (position.offset >= offset) return false;
    if (broken) return true;
    const placed = await this.#files.get(checkpoint)?.place(position.offset);
    await placed?.reader.close();
    return placed?.start.tail.equals(position.tail) ?? false;
  }

  /** Contents that begin like this file. */
  #candidates(file: LogFile): Checkpoint[] {
    const { head } = file;
    return this.#checkpoints
      .filter((known) => known.head_length <= head.length)
      .filter((known) => known.head_hash === fingerprint(head.subarray(0, known.head_length)))
      .sort((a, b) => Number(isSameFile(b, file)) - Number(isSameFile(a, file)) || b.offset - a.offset);
  }

  /** The same for a content that is known; undefined for one that is not. */
  async match(file: LogFile): Promise<Found | undefined> {
    for (const checkpoint of this.#candidates(file)) {
      const placed = await this.#placed(file, checkpoint);
      if (placed === undefined) continue;
      // A part of a line proves nothing: where something follows it, that may be the line of another log that begins alike.
      if (placed.start.part === 0 || (await file.endsAt(placed.start.offset))) {
        await this.#note(checkpoint, file);
        return { checkpoint, ...placed };
      }
      await placed.reader.close();
    }
    return undefined;
  }

  /** A file at the place of a content, where the bytes before it are the same. */
  async #placed(file: LogFile, checkpoint: Checkpoint): Promise<Placed | undefined> {
    const reading = this.#reading.get(checkpoint);
    const placed = await file.place(reading?.offset ?? checkpoint.offset);
    if (placed === undefined) return undefined;
    const tail = reading === undefined ? checkpoint.tail_hash : fingerprint(reading.tail);
    if (fingerprint(placed.start.tail) === tail) {
      const { marks, part } = reading ?? restOf(checkpoint.trail);
      return { reader: placed.reader, start: { ...placed.start, marks, part } };
    }
    await placed.reader.close();
    return undefined;
  }

  /** A file that is no known content, but goes on after a part of a line that one ends with: a content of its own behind that. */
  async #goingOn(file: LogFile): Promise<Found | undefined> {
    for (const checkpoint of this.#candidates(file)) {
      const placed = await this.#placed(file, checkpoint);
      await placed?.reader.close();
      if (placed === undefined || placed.start.part === 0) continue;
      const { offset, part, marks } = placed.start;
      const common = offset - part;
      // A few bytes without a whole line are shared by any two logs: that says nothing, unless the file is the same.
      if (common === 0 && !isSameFile(checkpoint, file)) continue;
      const { path } = checkpoint;
      return { ...(await this.#add(file, common, marks)), doubt: { path, common, part } };
    }
    return undefined;
  }

  /** @param from where its own begins; what is before that has been read elsewhere */
  async #add(file: LogFile, from = 0, marks: Position['marks'] = []): Promise<Found> {
    const placed = (await file.place(from))!;
    const start = { ...placed.start, marks: marks.filter(([mark]) => mark <= from) };
    const checkpoint = {
      ...newCheckpoint(file.path),
      size: file.size,
      modified: file.modified,
      offset: from,
      tail_hash: fingerprint(start.tail),
      trail: trailOf(start),
    };
    await this.#note(checkpoint, file);
    return { checkpoint, start, reader: placed.reader };
  }

  /** The content is in this file now; its beginning may have grown to its full length. */
  async #note(checkpoint: Checkpoint, file: LogFile): Promise<void> {
    this.#met.add(checkpoint);
    this.#files.set(checkpoint, file);
    checkpoint.path = file.path;
    checkpoint.device = file.device;
    checkpoint.inode = file.inode;
    checkpoint.packed = file.packed;
    checkpoint.print = await file.print();
    checkpoint.head_length = file.head.length;
    checkpoint.head_hash = fingerprint(file.head);
  }

  /**
   * Contents that were read to their end and could not grow, or were said to be gone, and are no longer in the files that held them: what
   * is left of one may be back in its file.
   */
  changed(files: readonly LogFile[]): Checkpoint[] {
    return this.#checkpoints.filter(
      (known) =>
        known.settled &&
        !this.#met.has(known) &&
        files.some((file) => isSameFile(known, file) || (isGone(known) && known.inode === file.inode)),
    );
  }

  /** In none of the files, which has been said. */
  lose(checkpoint: Checkpoint): void {
    checkpoint.settled = true;
    checkpoint.device = GONE;
  }

  /**
   * Contents that are in no file any more, and files that hold the beginning of one: the log was cut, and perhaps written on.
   * Goes back to where it differs, and returns what was found, in the order of the contents. Logs that begin alike hold something of
   * each other: who has most in common with each other goes first. A file must hold more of a content than of what it was taken for.
   */
  async cutBack(lost: readonly Checkpoint[], items: readonly Known[]): Promise<Cut[]> {
    const pairs: { checkpoint: Checkpoint; item: Known; common: Common }[] = [];
    for (const checkpoint of lost)
      for (const item of items) {
        const common = await commonPart(item.file, checkpoint.trail, checkpoint.offset);
        if (common !== undefined && common.position.offset > item.checkpoint.offset)
          pairs.push({ checkpoint, item, common });
      }
    pairs.sort((a, b) => b.common.position.offset - a.common.position.offset);
    const cuts = new Map<Checkpoint, Cut>();
    const taken = new Set<Known>();
    for (const { checkpoint, item, common } of pairs) {
      if (cuts.has(checkpoint) || taken.has(item)) continue;
      const { file } = item;
      taken.add(item);
      const isSaid = isGone(checkpoint);
      cuts.set(checkpoint, { checkpoint, file, certain: common.certain, before: checkpoint.offset, isSaid });
      checkpoint.offset = common.position.offset;
      checkpoint.tail_hash = fingerprint(common.position.tail);
      checkpoint.trail = trailOf(common.position);
      await this.#note(checkpoint, file);
    }
    return lost.flatMap((checkpoint) => cuts.get(checkpoint) ?? []);
  }

  /** Whether this is the file in which a content was met last: where it was read, if it was. */
  isIn(checkpoint: Checkpoint, file: LogFile): boolean {
    return this.#files.get(checkpoint) === file;
  }

  /** Contents that were last seen at such a path, may have grown, and were met in no file of this run. */
  missing(at: (path: string) => boolean): Checkpoint[] {
    return this.#checkpoints.filter((known) => !known.settled && !this.#met.has(known) && at(known.path));
  }

  /**
   * Reading has come so far. Only now is a new content known: of one without a whole line there are too few bytes to tell it from
   * others, and nothing of it has been counted.
   */
  passed(checkpoint: Checkpoint, position: Position): void {
    if (!this.#checkpoints.includes(checkpoint)) this.#checkpoints.push(checkpoint);
    this.#reading.set(checkpoint, position);
  }

  /** A new look at the files: everything read has been counted. */
  restart(): void {
    this.#met.clear();
    this.#files.clear();
    this.#reading.clear();
  }
}

/** The device of what is in no file any more. */
const GONE = '';

function isGone(checkpoint: Checkpoint): boolean {
  return checkpoint.id !== 0 && checkpoint.device === GONE;
}

function isSameFile(checkpoint: Checkpoint, file: LogFile): boolean {
  return checkpoint.inode === file.inode && checkpoint.device === file.device;
}
