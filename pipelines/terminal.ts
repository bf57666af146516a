import pc from 'picocolors';
import { NO_COLORS, type Style } from '../src/report/style.ts';
import type { Io } from './pipeline.ts';

/** How to write for standard output: colours and full width on a terminal (NO_COLOR respected), 80 columns and none in a pipe. */
export function terminalStyle(io: Io): Style {
  const terminal = io.stdout.isTTY === true;
  const colors = terminal && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
  const { bold, dim, red, yellow, green, cyan } = pc.createColors(true);
  return {
    width: terminal ? Math.max(80, io.stdout.columns ?? 80) : 80,
    color: colors ? { bold, dim, red, yellow, green, cyan } : NO_COLORS,
    bars: terminal,
  };
}
