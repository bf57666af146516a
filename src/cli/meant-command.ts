/** Which command a word was meant to be that is none: `reprot` → `report`. */

/** So many letters may be wrong, missing, too many or swapped with their neighbour. */
const MOST_SLIPS = 2;

/** The command most like the word; undefined where none is. */
export function meantCommand(word: string | undefined, commands: readonly string[]): string | undefined {
  // An option, a path or a file with an extension is no command.
  if (word === undefined || !/^[a-z]{3,20}$/i.test(word) || commands.includes(word)) return undefined;
  let best: string | undefined;
  let fewest = Math.min(MOST_SLIPS, Math.floor(word.length / 2)) + 1;
  for (const command of commands) {
    const slips = distance(word.toLowerCase(), command);
    if (slips < fewest) {
      fewest = slips;
      best = command;
    }
  }
  return best;
}

/** Levenshtein's distance, in which two neighbours that changed places are one slip. */
function distance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j));
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = least;
    }
  return rows[a.length]![b.length]!;
}
