/**
 * What is kept of a content besides its beginning and end, so that a log that was cut is known for what it was: each of its last
 * lines, and marks that double in distance before them.
 */
import type { LogFile } from './log-file.ts';
import { fingerprint, type Position } from './position.ts';

const HASH_DIGITS = 8;
const LINE_FEED = 0x0a;

/** As it is kept, in JSON. */
interface Trail {
  /** Offset, and the hash of the TAIL_BYTES before it. */
  readonly marks: readonly (readonly [offset: number, hash: string])[];
  /** The last lines before the place of the last stop, oldest first. */
  readonly lines: readonly (readonly [length: number, hash: string])[];
  /** Bytes of a line without its end between these lines and the place: see Position. */
  readonly part?: number;
}

export function trailOf({ offset, recent: before, marks, part }: Position): string {
  const lines: [number, string][] = [];
  const recent = before.subarray(0, Math.max(0, before.length - part));
  // Where the window begins within a line, that line is none.
  let start = before.length === offset ? 0 : recent.indexOf(LINE_FEED) + 1;
  while (start < recent.length) {
    const feed = recent.indexOf(LINE_FEED, start);
    const end = feed < 0 ? recent.length : feed + 1;
    lines.push([end - start, lineHash(recent, start, end)]);
    start = end;
  }
  return JSON.stringify({ marks, lines, ...(part > 0 && { part }) } satisfies Trail);
}

function lineHash(bytes: Buffer, start: number, end: number): string {
  return fingerprint(bytes.subarray(start, end)).slice(0, HASH_DIGITS);
}

/** How far a file holds a content. */
export interface Common {
  /** The end of the last line in common, with the marks before it. */
  readonly position: Position;
  /** Where it is known to begin to differ at the earliest: before `position` where only marks can tell. */
  readonly certain: number;
}

/** How far a file holds the content that was read up to `offset`; undefined where it has no line of it. */
export async function commonPart(file: LogFile, trail: string, offset: number): Promise<Common | undefined> {
  if (trail === '') return undefined;
  const { marks, lines, part = 0 } = JSON.parse(trail) as Trail;
  const window = offset - part - lines.reduce((sum, [length]) => sum + length, 0);
  const atLine = await commonLines(file, lines, window);
  if (atLine !== undefined) return at(file, atLine, atLine, marks);
  for (let i = marks.length - 1; i >= 0; i--) {
    const [mark, hash] = marks[i]!;
    const placed = await file.place(mark);
    await placed?.reader.close();
    if (placed === undefined || fingerprint(placed.start.tail) !== hash) continue;
    // It goes on being the same until somewhere before the next mark: all of that is taken for read.
    const until = Math.min(marks[i + 1]?.[0] ?? window, (await file.end()).position.offset);
    return at(file, await lineEndBefore(file, until, mark), mark, marks);
  }
  return undefined;
}

async function commonLines(file: LogFile, lines: Trail['lines'], window: number): Promise<number | undefined> {
  const placed = await file.place(window);
  if (placed === undefined) return undefined;
  const bytes = Buffer.alloc(lines.reduce((sum, [length]) => sum + length, 0));
  let filled = 0;
  for (let count = -1; count !== 0 && filled < bytes.length; filled += count)
    count = await placed.reader.read(bytes, filled, bytes.length - filled);
  await placed.reader.close();
  let end = 0;
  for (const [length, hash] of lines) {
    if (end + length > filled || lineHash(bytes, end, end + length) !== hash) break;
    end += length;
  }
  return end === 0 ? undefined : window + end;
}

async function lineEndBefore(file: LogFile, offset: number, atLeast: number): Promise<number> {
  const placed = await file.place(offset);
  await placed?.reader.close();
  if (placed === undefined) return atLeast;
  const { recent } = placed.start;
  const end = offset - recent.length + recent.lastIndexOf(LINE_FEED) + 1;
  return Math.max(end, atLeast);
}

async function at(file: LogFile, offset: number, certain: number, marks: Trail['marks']): Promise<Common | undefined> {
  const placed = await file.place(offset);
  await placed?.reader.close();
  if (placed === undefined) return undefined;
  return { position: { ...placed.start, marks: marks.filter(([mark]) => mark <= offset) }, certain };
}

/** What a place has besides its offset and the bytes before it, of a content that has been read before. */
export function restOf(trail: string): Pick<Position, 'marks' | 'part'> {
  const { marks, part = 0 } = trail === '' ? { marks: [] } : (JSON.parse(trail) as Trail);
  return { marks, part };
}
