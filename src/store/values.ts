/** Numbers on their way into SQL and back. */
import type { Value } from './connection.ts';

/** SQL knows neither NaN nor Infinity. */
export function finite(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}

export function time(value: Value, absent: number): number {
  return value === null ? absent : Number(value);
}
