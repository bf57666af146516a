import type { RowScope, View } from '../event/index.ts';

/** Whose memory deliveries are counted in: what those who keep a part of it ask for. See assembly/plain-deliveries.ts, place by place. */
export interface CountedMemory {
  /** The memory, which may have grown since it was last looked at. */
  readonly view: View;
  /** Zeroed memory for whoever keeps something beside. */
  room(bytes: number): number;
  /** Whether numbers of this scope are those of the rows that are counted. */
  counts(scope: object | undefined): scope is RowScope;
}
