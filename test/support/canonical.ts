/** Accumulators as plain data that can be compared, whatever the order in which they were filled. */
import { COUNTER_NAMES } from '../../src/aggregate/counters.ts';
import { DelayHistogram } from '../../src/aggregate/delays.ts';
import { GroupTable } from '../../src/aggregate/group-table.ts';
import { eachReason, partnersOf } from '../../src/aggregate/reasons.ts';

/** What a table of groups holds of each key. */
function byKey(table: GroupTable): Map<string, unknown> {
  const { delays } = table;
  const keys = table.allKeys();
  return new Map(
    keys.map((key, row) => [
      key,
      {
        counters: Array.from(COUNTER_NAMES, (name, column) => `${name} ${table.valueAt(row, column)}`),
        delays: new Map(
          new DelayHistogram(
            [...delays].flatMap(([of, bucket, count]) => (of === row && count !== 0 ? [[bucket, count] as const] : [])),
          ),
        ),
        reasons: new Map(
          [...eachReason(table.reasonOf(row))].map((reason) => {
            const partners = new Map(partnersOf(reason));
            const { next: _, partner: __, partnerCount: ___, more: ____, ...rest } = reason;
            return [reason.category, { ...rest, partners }];
          }),
        ),
      },
    ]),
  );
}

/** Maps and lists of entries without their order, which means nothing. */
export function canonical(value: unknown): unknown {
  if (value instanceof GroupTable) return { ...(canonical(byKey(value)) as object), overflow: value.overflow };
  if (value instanceof Map)
    return { map: [...value].map(([k, v]) => [String(k), canonical(v)]).sort((a, b) => (a[0]! < b[0]! ? -1 : 1)) };
  if (Array.isArray(value)) {
    const list = value.map(canonical);
    return typeof value[0] === 'object' ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : list;
  }
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, canonical(v)]));
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
