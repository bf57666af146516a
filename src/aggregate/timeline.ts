/** What happened over time, in slices without gaps: for charts. */
import { countersAt } from './counters.ts';
import type { ReportData } from './report-model.ts';
import { isoLocal, localTime } from './time-zone.ts';
import { NO_TIME, QUARTER_MS, type Traffic } from './traffic.ts';

const HOUR_MS = 4 * QUARTER_MS;
const MAX_SLICES = 1000;

/** Quarter hours up to twelve hours, hours up to four days, then days of 24 hours from the zone's first midnight. */
export function timelineOf(traffic: Traffic, zone: string): ReportData['timeline'] {
  const quarters = [...traffic.quarters.keys()].filter((quarter) => quarter !== NO_TIME);
  if (quarters.length === 0) return { minutes: 15, rows: [] };
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const quarter of quarters) {
    first = Math.min(first, quarter * QUARTER_MS);
    last = Math.max(last, quarter * QUARTER_MS);
  }
  const span = last - first;
  const step = span <= 12 * HOUR_MS ? QUARTER_MS : span <= 96 * HOUR_MS ? HOUR_MS : 24 * HOUR_MS;
  // A zone's hours and days begin where its clocks show :00 and 00:00.
  const local = localTime(first, zone);
  first -= ((local.hour * HOUR_MS + local.minute * 60_000) % step) + ((local.second * 1000) % step);
  const rows: { start: string; delivered: number; deferrals: number; bounced: number; expired: number }[] = [];
  // A stamp of another century would make a million empty slices: a chart is no use then.
  const count = Math.min(MAX_SLICES, Math.floor((last - first) / step) + 1);
  for (let i = 0; i < count; i++)
    rows.push({ start: isoLocal(first + i * step, zone), delivered: 0, deferrals: 0, bounced: 0, expired: 0 });
  for (const quarter of quarters) {
    const row = rows[Math.min(count - 1, Math.floor((quarter * QUARTER_MS - first) / step))]!;
    const counters = countersAt(traffic.quarters.get(quarter)!);
    row.delivered += counters.delivered;
    row.deferrals += counters.deferrals;
    row.bounced += counters.bounced;
    row.expired += counters.expired;
  }
  return { minutes: step / 60_000, rows };
}
