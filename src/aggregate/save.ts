import { DelayHistogram } from './delays.ts';
import { GroupTable, type SavedGroups } from './group-table.ts';

/**
 * Accumulators as JSON and back: maps (with keys of numbers or strings) and the numbers that JSON has no word for.
 * `loadPlain(JSON.parse(JSON.stringify(savePlain(acc))))` is the same accumulator.
 */
export function savePlain(value: unknown): unknown {
  if (value instanceof DelayHistogram) return { $delays: [...value] };
  if (value instanceof GroupTable) {
    const { delays, overflow } = value;
    const keys = value.allKeys();
    return {
      $groups: savePlain({
        keys,
        sums: Float64Array.from(keys.flatMap((_, row) => Object.values(value.countersOf(row)))),
        delays: [...delays],
        reasons: keys.map((_, row) => value.reasonOf(row)),
        overflow,
      }),
    };
  }
  if (value instanceof Float64Array) return { $doubles: [...value] };
  if (value instanceof Map) return { $map: [...value].map(([key, member]) => [key, savePlain(member)]) };
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  if (Array.isArray(value)) return value.map(savePlain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, savePlain(member)]));
  return value;
}

export function loadPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(loadPlain);
  if (typeof value !== 'object' || value === null) return value;
  if ('$map' in value && Array.isArray(value.$map))
    return new Map(value.$map.map(([key, member]: [unknown, unknown]) => [key, loadPlain(member)]));
  if ('$delays' in value) return new DelayHistogram(value.$delays as [number, number][]);
  if ('$groups' in value) return GroupTable.of(loadPlain(value.$groups) as SavedGroups);
  if ('$doubles' in value) return Float64Array.from(value.$doubles as number[]);
  if ('$number' in value) return Number(value.$number);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, loadPlain(member)]));
}
