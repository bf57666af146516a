/** Paints text; the identity where colour is not wanted. picocolors' `createColors()` fits. */
export type Paint = (text: string) => string;

export interface Colors {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly cyan: Paint;
}

export interface Style {
  /** Columns to fill. */
  readonly width: number;
  readonly color: Colors;
  /** Bars beside figures: on a terminal only, so that two nights' mails can be compared with `diff`. */
  readonly bars?: boolean;
}

const plain: Paint = (text) => text;
export const NO_COLORS: Colors = { bold: plain, dim: plain, red: plain, yellow: plain, green: plain, cyan: plain };
export const PLAIN: Style = { width: 80, color: NO_COLORS, bars: false };
