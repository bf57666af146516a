/**
 * A row of counters in which is counted by numbers, as 32-bit places. Most rows of a large table are domains that got a message or two: a
 * row of doubles for each would be 12 MB of memory for seventy thousand of them, nearly all of it zero. Shared with ./assembly.
 */

/** Where the row's doubles lie, bytes: what events add, all COUNTER_NAMES, and what a place had no more room for; 0 while it has none. */
export const MORE = 0;
/** From here on the counters that numbers count: the first of COUNTER_NAMES, so many. */
export const FIRST_COUNTER = 1;
export const COUNTED_COLUMNS = 11;
/** How many places that are. */
export const COUNTED_ROW = 12;
