/** A state is made under another name first; what a killed process has left of that is removed by a later one. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Making a state takes milliseconds. Processes of another container or machine cannot be seen: theirs are left alone for so long. */
const YOUNGEST = 60_000;
const NO_SUCH_PROCESS = 'ESRCH';

export function draftName(path: string): string {
  return `${path}.new-${process.pid}`;
}

/** Removes the drafts of a state, in its folder, whose makers are gone. Never fails: they are in nobody's way. */
export function removeDrafts(path: string, now = Date.now()): void {
  const folder = dirname(path);
  const start = `${basename(path)}.new-`;
  try {
    for (const name of readdirSync(folder)) {
      // `state.db.new-4711`, `state.db.new-4711-journal`
      const maker = name.startsWith(start)
        ? /^([1-9]\d{0,8})(?:-journal)?$/.exec(name.slice(start.length))?.[1]
        : undefined;
      if (maker === undefined || isAlive(Number(maker))) continue;
      const file = join(folder, name);
      const info = lstatSync(file);
      if (info.isFile() && now - info.mtimeMs >= YOUNGEST) rmSync(file, { force: true });
    }
  } catch {
    // not to be listed, or not to be removed by this user
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== NO_SUCH_PROCESS;
  }
}
