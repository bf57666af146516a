import type { Suppression } from '../../aggregate/suppression-list.ts';
import type { SuppressionExport } from './export-format.ts';

/** A list in parts that the importer takes, each as large as may be. */
export function partsOf(
  { render, most = Number.POSITIVE_INFINITY, mostBytes = Number.POSITIVE_INFINITY }: SuppressionExport,
  list: readonly Suppression[],
  timeZone: string,
): readonly (readonly Suppression[])[] {
  const bytesOf = (entries: readonly Suppression[]): number =>
    mostBytes === Number.POSITIVE_INFINITY ? 0 : Buffer.byteLength(render(entries, timeZone));
  if (list.length <= most && bytesOf(list) <= mostBytes) return [list];
  const heading = bytesOf([]);
  const parts: Suppression[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of list) {
    const more = bytesOf([entry]) - heading;
    let part = parts.at(-1);
    if (part === undefined || part.length >= most || bytes + more > mostBytes) {
      part = [];
      parts.push(part);
      bytes = heading;
    }
    part.push(entry);
    bytes += more;
  }
  return parts;
}
