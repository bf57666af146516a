/** How a time stamp is to be read; see `LogRecord.stamp`. */
export const STAMP_NONE = 0;
/** Milliseconds since 1970 UTC, with the zone's offset as written. */
export const STAMP_ABSOLUTE = 1;
/** Civil time of an unnamed zone, as milliseconds since 1970 as if it were UTC. */
export const STAMP_LOCAL = 2;
/** The same without its year, as if of the year 2000 (a leap year). */
export const STAMP_YEARLESS = 3;
export type StampKind = 0 | 1 | 2 | 3;
