/**
 * The stages up to correlate, wired as streams: inputs → blocks → batches → events. What comes after is the pipeline's choice:
 * fold the events, or render them.
 */
import { Readable } from 'node:stream';
import { Correlator, type CorrelatorState } from '../correlate/correlator.ts';
import type { ZoneOffset } from '../correlate/clock.ts';
import type { DeliveryEvent, InputReport, RecordBatch, Tables } from '../event/index.ts';
import type { Block, Needs } from '../parse/format.ts';
import { LineScanner } from '../parse/scan/marked-lines.ts';
import type { Source } from '../source/source.ts';
import { BlockPool } from './block-pool.ts';
import { blocksOf } from './blocks.ts';
import { InputWatch } from './input-report.ts';
import { type OpenInput, openInputs } from './inputs.ts';
import { BlockReader } from './parsing.ts';

export interface EventOptions {
  readonly sources: readonly Source[];
  readonly tables: Tables;
  readonly needs: Needs;
  readonly format: string | undefined;
  readonly year: number | undefined;
  readonly zone: ZoneOffset;
  /** The clock, ms since 1970 UTC. */
  readonly now: number;
  readonly maxAge: number;
  /** How many threads read blocks; 0 for the calling one. */
  readonly threads?: number;
  readonly state?: CorrelatorState;
}
