import type { Suppression } from '../../aggregate/suppression.ts';
import { neutral } from '../neutral.ts';

/** The suppression list as addresses alone, one per line. */
export function renderSuppressionList(entries: readonly Suppression[]): string {
  return entries.map((entry) => `${neutral(entry.address)}\n`).join('');
}
