/**
 * A row of a table in which is counted by numbers, as 32-bit places. Most rows of a large table are domains that got a message or two: a
 * row of doubles for each, and a place in a hash table for each delay, would be 18 MB of memory for seventy thousand of them, nearly all of
 * it zero. Shared with ./assembly.
 */

/** Where the row's doubles lie, bytes: what events add, all COUNTER_NAMES, and what a place had no more room for; 0 while it has none. */
export const MORE = 0;
/** From here on the counters that numbers count: the first of COUNTER_NAMES, so many. */
export const FIRST_COUNTER = 1;
export const COUNTED_COLUMNS = 11;
/**
 * Then delays of deliveries, the first that came, so many, a place each: the bucket, and from its bit DELAY_COUNT on how often; 0 while there
 * is none. Further ones are in the table's DelayTable (assembly/delay-table.ts): most rows have none.
 */
export const DELAYS = 12;
export const ROW_DELAYS = 4;
export const DELAY_COUNT = 16;
/** How many places all that is: a line of the processor's cache. */
export const COUNTED_ROW = 16;
