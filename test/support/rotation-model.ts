/**
 * A log that is written, rotated, compressed, emptied and replaced, and a state that is told of it now and then: the model knows
 * which bytes a reader has seen and which it cannot have seen any more.
 */
import {
  appendFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect } from 'vitest';
import { FAILPOINTS } from '../../src/store/state.ts';
import { LogLines } from './log-lines.ts';
import { contentOf, ingest, testFolder } from './state.ts';

const START = Date.UTC(2025, 11, 31, 20);
const NOW = Date.UTC(2026, 0, 20);
/** Older files are removed. */
const MOST_GENERATIONS = 5;
/** The same more than 1 KiB at the start of each generation: a content is then known by its place alone. */
const BANNER = Array.from(
  { length: 16 },
  (_, n) => `2025-12-31T00:00:00+00:00 mx01 journal: rotated by logrotate, part ${n}, ${'-'.repeat(20)}\n`,
).join('');

interface Generation {
  text: string;
  /** So much of it has been read. */
  read: number;
  /** Where it is: 0 for `maillog`, n for `maillog.n`. */
  place: number;
  packed: boolean;
  /** When it was last written. */
  written: number;
}

export class Model {
  readonly yearless: boolean;
  readonly banner: boolean;
  /** Youngest first. */
  generations: Generation[] = [];
  /** What a reader that missed nothing it could have seen has read, in order. */
  expected = '';
  /** A generation that was seen and had unread bytes is gone: the next run must say so. */
  mustReport = false;
  /** Something happened since the last run of which a reader may have doubts: without, it must have none. */
  mayReport = false;
  /** A part of a line was written once: where it was counted as a line, another log that begins so may be in doubt for ever. */
  hasParts = false;
  /** A part of a line has been written, without its end. */
  pending: { generation: Generation; rest: string } | undefined;
  now = NOW;
  runs = 0;

  constructor(yearless: boolean, banner: boolean) {
    this.yearless = yearless;
    this.banner = banner;
  }

  get live(): Generation {
    return this.generations[0]!;
  }
}

export class Real {
  readonly folder = testFolder('rotation');
  readonly lines: LogLines;
  readonly state = this.folder.file('state.db');

  constructor(yearless: boolean) {
    this.lines = new LogLines(START, yearless);
  }

  path(generation: Pick<Generation, 'place' | 'packed'>): string {
    return this.folder.file(
      `maillog${generation.place === 0 ? '' : `.${generation.place}`}${generation.packed ? '.gz' : ''}`,
    );
  }

  touch(generation: Generation, now: number): void {
    generation.written = now;
    utimesSync(this.path(generation), now / 1000, now / 1000);
  }
}

/** What has happened over all sequences: a test that lost nothing and rotated nothing would show nothing. */
export const happened = { runs: 0, kills: 0, losses: 0, cuts: 0, rotations: 0, bytes: 0 };

type Command = fc.AsyncCommand<Model, Real>;

function append(model: Model, real: Real, generation: Generation, text: string): void {
  generation.text += text;
  appendFileSync(real.path(generation), text);
  real.touch(generation, model.now);
}

/** A new, empty live file under the name. */
function begin(model: Model, real: Real, keepInode: boolean): void {
  const generation: Generation = { text: '', read: 0, place: 0, packed: false, written: model.now };
  model.generations.unshift(generation);
  if (keepInode) truncateSync(real.path(generation), 0);
  else writeFileSync(real.path(generation), '');
  if (model.banner) append(model, real, generation, BANNER);
}

/** A generation is gone, read or not. */
function lose(model: Model, generation: Generation): void {
  model.generations.splice(model.generations.indexOf(generation), 1);
  model.mayReport = true;
  if (model.pending?.generation === generation) model.pending = undefined;
  // Two generations that begin alike and of which no more was read are one to any reader; so are two of which no line was read.
  const known = generation.read > (model.banner ? BANNER.length : 0);
  if (known && generation.read < generation.text.length) {
    model.mustReport = true;
    happened.losses++;
  }
}

/** Nothing will be added: compressed, or rotated and left alone for a while. */
function isStill(model: Model, { packed, place, written }: Generation): boolean {
  return packed || (place > 0 && model.now - written >= 60_000);
}

/** What is still has no writer any more: what was begun there stays as it is. */
function giveUp(model: Model): void {
  if (model.pending !== undefined && isStill(model, model.pending.generation)) model.pending = undefined;
}

/** What a run reads of a generation. */
function readable(model: Model, generation: Generation): string {
  const rest = generation.text.slice(generation.read);
  return isStill(model, generation) ? rest : rest.slice(0, rest.lastIndexOf('\n') + 1);
}

function noteRun(model: Model): void {
  for (const generation of [...model.generations].reverse()) {
    const text = readable(model, generation);
    generation.read += text.length;
    model.expected += text === '' || text.endsWith('\n') ? text : `${text}\n`;
  }
  model.runs++;
}

class Write implements Command {
  readonly dice: readonly number[];
  constructor(dice: readonly number[]) {
    this.dice = dice;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    if (model.pending?.generation === model.live) complete(model, real);
    append(model, real, model.live, this.dice.map((dice) => `${real.lines.next(dice)}\n`).join(''));
  }
  toString(): string {
    return `write(${this.dice.length})`;
  }
}

class WritePart implements Command {
  readonly dice: number;
  constructor(dice: number) {
    this.dice = dice;
  }
  check(model: Model): boolean {
    return model.pending === undefined;
  }
  async run(model: Model, real: Real): Promise<void> {
    model.hasParts = true;
    const line = real.lines.next(this.dice);
    const cut = 1 + (this.dice % (line.length - 1));
    append(model, real, model.live, line.slice(0, cut));
    model.pending = { generation: model.live, rest: `${line.slice(cut)}\n` };
  }
  toString(): string {
    return 'writePart';
  }
}

function complete(model: Model, real: Real): void {
  const { generation, rest } = model.pending!;
  model.pending = undefined;
  append(model, real, generation, rest);
}

class Complete implements Command {
  check(model: Model): boolean {
    return model.pending !== undefined;
  }
  async run(model: Model, real: Real): Promise<void> {
    complete(model, real);
  }
  toString(): string {
    return 'complete';
  }
}

function shift(model: Model, real: Real): void {
  for (const generation of [...model.generations].reverse()) {
    if (generation.place === 0) continue;
    const from = real.path(generation);
    generation.place++;
    renameSync(from, real.path(generation));
  }
  const oldest = model.generations.at(-1)!;
  if (oldest.place > MOST_GENERATIONS) {
    rmSync(real.path(oldest));
    lose(model, oldest);
  }
}

class Rotate implements Command {
  readonly copy: boolean;
  constructor(copy: boolean) {
    this.copy = copy;
  }
  check(model: Model): boolean {
    return model.live.text !== '';
  }
  async run(model: Model, real: Real): Promise<void> {
    const old = model.live;
    happened.rotations++;
    if (this.copy) model.mayReport = true;
    // The writer of a copied log goes on in the emptied file: what it had begun ends there no more.
    if (this.copy && model.pending?.generation === old) complete(model, real);
    shift(model, real);
    const from = real.path(old);
    old.place = 1;
    if (this.copy) {
      writeFileSync(real.path(old), readFileSync(from));
      real.touch(old, model.now);
    } else renameSync(from, real.path(old));
    giveUp(model);
    begin(model, real, this.copy);
  }
  toString(): string {
    return this.copy ? 'copytruncate' : 'rotate';
  }
}

class Compress implements Command {
  readonly which: number;
  constructor(which: number) {
    this.which = which;
  }
  check(model: Model): boolean {
    return model.generations.some(({ place, packed }) => place > 0 && !packed);
  }
  async run(model: Model, real: Real): Promise<void> {
    const plain = model.generations.filter(({ place, packed }) => place > 0 && !packed);
    const generation = plain[this.which % plain.length]!;
    const from = real.path(generation);
    if (model.pending?.generation === generation) model.pending = undefined;
    generation.packed = true;
    writeFileSync(real.path(generation), gzipSync(generation.text));
    real.touch(generation, model.now);
    rmSync(from);
  }
  toString(): string {
    return `compress(${this.which})`;
  }
}

class Replace implements Command {
  readonly how: 'truncate' | 'rewrite' | 'recreate';
  readonly dice: readonly number[];
  constructor(how: 'truncate' | 'rewrite' | 'recreate', dice: readonly number[]) {
    this.how = how;
    this.dice = dice;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    const path = real.path(model.live);
    lose(model, model.live);
    if (this.how === 'recreate') rmSync(path);
    begin(model, real, this.how !== 'recreate');
    if (this.how !== 'truncate')
      append(model, real, model.live, this.dice.map((dice) => `${real.lines.next(dice)}\n`).join(''));
  }
  toString(): string {
    return this.how;
  }
}

/** The live file keeps its first bytes only, as after a crash of the machine, or `truncate --size`. */
class Cut implements Command {
  readonly dice: number;
  constructor(dice: number) {
    this.dice = dice;
  }
  check(model: Model): boolean {
    // Within what all generations begin with, none is told from another.
    return model.live.text.length > (model.banner ? BANNER.length : 0);
  }
  async run(model: Model, real: Real): Promise<void> {
    const { live } = model;
    model.mayReport = true;
    model.hasParts = true;
    const least = model.banner ? BANNER.length : 0;
    const length = least + (this.dice % (live.text.length - least));
    if (model.pending?.generation === live) model.pending = undefined;
    live.text = live.text.slice(0, length);
    truncateSync(real.path(live), length);
    real.touch(live, model.now);
    if (length >= live.read) return;
    // Whole lines that were read are not read again; the one that was cut is another line from now on.
    live.read = live.text.lastIndexOf('\n') + 1;
    model.mustReport = true;
    happened.cuts++;
  }
  toString(): string {
    return `cut(${this.dice})`;
  }
}

/** Time passes: rotated files that nobody writes to any more are whole. */
class Wait implements Command {
  check(): boolean {
    return true;
  }
  async run(model: Model): Promise<void> {
    model.now += 120_000;
    giveUp(model);
  }
  toString(): string {
    return 'wait';
  }
}

export class Run implements Command {
  readonly order: number;
  readonly times: number;
  /** Where the run before it breaks off. */
  readonly kill: { readonly at: number; readonly passing: number } | undefined;
  readonly commitBytes: number;
  constructor(
    order: number,
    times: number,
    commitBytes: number,
    kill?: { readonly at: number; readonly passing: number },
  ) {
    this.order = order;
    this.times = times;
    this.commitBytes = commitBytes;
    this.kill = kill;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    const files = model.generations.map((generation) => real.path(generation));
    // The order in which a shell lists them must not matter.
    for (let i = files.length - 1; i > 0; i--) {
      const j = (this.order * (i + 7)) % (i + 1);
      [files[i], files[j]] = [files[j]!, files[i]!];
    }
    let gaps = 0;
    const onGap = (): void => {
      gaps++;
    };
    const options = { now: model.now, commitBytes: this.commitBytes, onGap };
    if (this.kill !== undefined) {
      let left = this.kill.passing;
      const name = FAILPOINTS[this.kill.at % FAILPOINTS.length];
      try {
        await ingest(real.state, files, {
          ...options,
          failpoint: (at) => {
            if (at === name && left-- === 0) throw new Error('killed');
          },
        });
      } catch (error) {
        if ((error as Error).message !== 'killed') throw error;
        happened.kills++;
      }
    }
    for (let i = 0; i < this.times; i++) await ingest(real.state, files, options);
    if (model.mustReport) expect(gaps, 'a loss that is not reported').toBeGreaterThan(0);
    if (!model.mayReport && !model.hasParts) expect(gaps, 'a loss where nothing was lost').toBe(0);
    model.mustReport = false;
    model.mayReport = false;
    noteRun(model);
    happened.runs++;
  }
  toString(): string {
    return this.kill === undefined ? `run×${this.times}` : `kill+run×${this.times}`;
  }
}

const dice = fc.nat({ max: 10_000 });
const several = fc.array(dice, { minLength: 1, maxLength: 8 });

const replace = fc
  .tuple(fc.constantFrom('truncate' as const, 'rewrite' as const, 'recreate' as const), several)
  .map(([how, list]) => new Replace(how, list));
const run = fc
  .tuple(dice, fc.integer({ min: 1, max: 2 }), fc.constantFrom(1, 1e9))
  .map(([order, times, commitBytes]) => new Run(order, times, commitBytes));
const killedRun = fc
  .tuple(dice, fc.constantFrom(1, 1e9), fc.record({ at: fc.nat({ max: 8 }), passing: fc.nat({ max: 1 }) }))
  .map(([order, commitBytes, kill]) => new Run(order, 1, commitBytes, kill));
const write = several.map((list) => new Write(list));

/** Some are there more than once: what is lost, say, must have been written and seen before. */
export const COMMANDS: fc.Arbitrary<Command>[] = [
  write,
  write,
  write,
  dice.map((one) => new WritePart(one)),
  fc.constant(new Complete()),
  fc.constant(new Rotate(false)),
  fc.constant(new Rotate(false)),
  fc.constant(new Rotate(true)),
  fc.nat({ max: 4 }).map((which) => new Compress(which)),
  replace,
  replace,
  dice.map((one) => new Cut(one)),
  dice.map((one) => new Cut(one)),
  fc.constant(new Wait()),
  run,
  run,
  killedRun,
];

/** Runs one sequence; throws where the state's totals are not the model's. */
export async function checkSequence(commands: Iterable<Command>, yearless: boolean, banner: boolean): Promise<void> {
  const model = new Model(yearless, banner);
  const real = new Real(yearless);
  try {
    begin(model, real, false);
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await new Run(1, 1, 1e9).run(model, real);
    happened.bytes += model.expected.length;
    const whole = real.folder.file('whole');
    writeFileSync(whole, model.expected);
    utimesSync(whole, model.now / 1000, model.now / 1000);
    const uninterrupted = real.folder.file('uninterrupted.db');
    await ingest(uninterrupted, [whole], { now: model.now });
    expect(contentOf(real.state)).toEqual(contentOf(uninterrupted));
  } finally {
    real.folder.remove();
  }
}

/** Whether a new file may have the inode of one that was removed; tried again, for another process may take it first. */
export function inodeIsReused(): boolean {
  const folder = testFolder('inode');
  try {
    const path = folder.file('a');
    for (let attempt = 0; attempt < 100; attempt++) {
      writeFileSync(path, 'a');
      const { ino } = statSync(path);
      rmSync(path);
      writeFileSync(path, 'b');
      if (statSync(path).ino === ino) return true;
      rmSync(path);
    }
    return false;
  } finally {
    folder.remove();
  }
}
