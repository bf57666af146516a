/** Which of the log files hold what: the contents that were read before, new ones, and what is in none of them any more. */
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Checkpoint } from '../src/event/index.ts';
import type { Cut, Doubt, Lineage } from '../src/source/lineage.ts';
import { LogFile } from '../src/source/log-file.ts';
import { rotationOf } from '../src/stream/inputs.ts';

/** A rotated file that was not written for so long is whole, though its last line lack its line feed. */
const STILL = 60_000;
export interface Item {
  readonly file: LogFile;
  checkpoint: Checkpoint;
}

export interface Look {
  readonly items: readonly Item[];
  /** Files that hold nothing to be read. */
  readonly unchanged: number;
  /** Contents of which only the beginning is left; their items know. */
  readonly cuts: readonly Cut[];
  /** Contents that are in none of the files; to be asked again when these have been read. */
  missing(): Checkpoint[];
}

/** @param files opened; those that are found beside are added, to be closed with them */
export async function lookAtFiles(lineage: Lineage, files: LogFile[]): Promise<Look> {
  const items: Item[] = [];
  let unchanged = 0;
  const consider = async (file: LogFile): Promise<void> => {
    if (file.beginning.length === 0 || (await lineage.isUntouched(file))) {
      unchanged++;
      return;
    }
    const found = await lineage.find(file);
    await found?.reader.close();
    if (found === undefined) unchanged++;
    else items.push({ file, checkpoint: found.checkpoint });
  };
  for (const file of files) await consider(file);
  // A log is a family of files: what was read of it and is in none of them any more is missing.
  const families = new Set(files.map(({ path }) => rotationOf(path).family));
  const missing = (): Checkpoint[] => lineage.missing((path) => families.has(rotationOf(path).family));
  for (const file of await moved(lineage, missing, files)) await consider(file);
  // What was read to its end may be removed, but not be changed where it lies.
  const rotated = items.filter(({ file }) => rotationOf(file.path).age > 0).map(({ file }) => file);
  const cuts = await lineage.cutBack([...missing(), ...lineage.changed(rotated)], items);
  for (const { file, checkpoint } of cuts) items.find((item) => item.file === file)!.checkpoint = checkpoint;
  return { items, unchanged, cuts, missing };
}

/**
 * Contents that are no longer where they were, found beside: `maillog` was named, and its rest is in `maillog.1` by now. What
 * was rotated in between is read as well.
 */
async function moved(lineage: Lineage, missing: () => Checkpoint[], files: LogFile[]): Promise<LogFile[]> {
  const found: LogFile[] = [];
  const given = new Set(files.map(({ path }) => path));
  for (const family of new Set(missing().map(({ path }) => rotationOf(path).family))) {
    const folder = dirname(family);
    const names = (await readdir(folder).catch(() => []))
      .map((name) => ({ path: join(folder, name), rotation: rotationOf(join(folder, name)) }))
      .filter(({ path, rotation }) => rotation.family === family && rotation.age > 0 && !given.has(resolve(path)))
      .sort((a, b) => a.rotation.age - b.rotation.age);
    const younger: LogFile[] = [];
    for (const { path } of names) {
      const file = await LogFile.open(path).catch(() => undefined);
      if (file === undefined) continue;
      files.push(file); // to be closed
      younger.push(file);
      const wanted = missing();
      const match = await lineage.match(file);
      await match?.reader.close();
      if (match !== undefined && wanted.includes(match.checkpoint)) found.push(...younger.splice(0));
    }
  }
  return found;
}

/** Nothing will be added to it: it is compressed, or was rotated and has been still for a while. */
export function isFinal(file: LogFile, now: number): boolean {
  return file.packed || (rotationOf(file.path).age > 0 && now - file.modified >= STILL);
}

export function gapOf({ path, offset, size }: Checkpoint): string {
  const rest =
    size > offset
      ? `at least ${size - offset} bytes of it were never read`
      : 'whether more came after that cannot be known';
  return `${path}: the log that was read up to byte ${offset} is gone (emptied, replaced or removed): ${rest}`;
}

export function doubtOf(name: string, { path, common, part }: Doubt): string {
  const again = common === 0 ? '' : ` Its first ${common} bytes are the same there and were counted once.`;
  return `${name}: ${path} ends within a line, of which ${part} bytes were counted as a line; here the line goes on, and was counted whole: whether it is the same line, and so was counted twice, cannot be known.${again}`;
}

export function cutOf({ checkpoint, file, certain, before }: Cut): string {
  const { offset, size } = checkpoint;
  const lost =
    size > before
      ? `at least ${size - before} bytes after that were never read`
      : 'whether more came after that cannot be known';
  const open =
    certain < offset ? `; bytes ${certain} to ${offset} were taken for read, which cannot be known either` : '';
  return `${file.path}: the log that was read up to byte ${before} was cut to its first ${offset}: ${lost}${open}`;
}
