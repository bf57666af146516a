/**
 * Loads the chunks of the built program, each with what V8 made of it when it was built (scripts/build.mjs): a short run spends more
 * time on compiling its own code than on the log. Node has this of its own from 22.1 on (`module.enableCompileCache`), in a folder
 * that it writes.
 *
 * V8 itself looks at a code cache less closely than it should: it takes one of another Node whose V8 has the same version, and one that is
 * damaged, and crashes. So one is used only by the very Node that made it, and only as it was made.
 *
 * A chunk is the text of a function of `exports, require, module, __filename, importModule`, much as Node makes of a CommonJS file, in ASCII.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

/** What a chunk's code cache is called: the chunk's name, and this. */
export const CODE_CACHE = '.code';
/** The file beside the chunks that says of what Node, and of which bytes, their code caches are. */
export const CODE_CACHES = 'code-caches.json';

/** Bytes of a chunk's text. A smaller one is compiled sooner than a code cache is checked: threads are started by such a one, before all else. */
export const LEAST_CACHED = 8192;

export interface CodeCaches {
  /** See `thisNode`. */
  readonly node: string;
  /** By the names of chunks. */
  readonly chunks: Readonly<Record<string, ChunkCaches>>;
}

export interface ChunkCaches {
  /** Checksum of the chunk's text. */
  readonly text: number;
  /** V8 takes one only where its flags are as they were: a thread's code has one for each way that flags may be when it starts. */
  readonly caches: readonly CodeCache[];
}

export interface CodeCache {
  readonly file: string;
  /** Its checksum. */
  readonly sum: number;
  /** What V8 says of its version, its flags and the processor: `cachedDataVersionTag`. */
  readonly flags: number;
}

type Require = (id: string) => unknown;
type ImportModule = (id: string) => Promise<unknown>;
type Chunk = (
  exports: object,
  require: Require,
  module: { exports: object },
  filename: string,
  importModule: ImportModule,
) => void;

const loaded = new Map<string, { exports: object }>();
/** The chunks that were compiled; the build asks for what came of it. */
export const scripts = new Map<string, Script>();
let known: CodeCaches | undefined;

/**
 * What takes the place of `require` in a file of the program: chunks, named relative to it, are loaded here, all else by Node.
 * @param own the file's own `require`
 */
export function requireChunks(own: Require, filename: string): Require {
  const folder = dirname(filename);
  return (id) => (id.startsWith('.') ? load(resolve(folder, id), own) : own(id));
}

/** This Node, and no other build of it: versions of all that it is made of, how it was configured, and how large it is. */
export function thisNode(): string {
  const { versions, arch, platform, config, execPath } = process;
  return JSON.stringify([versions, arch, platform, config, statSync(execPath).size]);
}

function load(filename: string, own: Require): object {
  const before = loaded.get(filename);
  if (before !== undefined) return before.exports;
  const module = { exports: {} };
  loaded.set(filename, module);
  const bytes = bytesOf(filename);
  const text = bytes.toString('latin1');
  const script = new Script(text, { filename, cachedData: codeCacheOf(filename, bytes) });
  scripts.set(filename, script);
  const chunk = script.runInThisContext() as Chunk;
  const importModule: ImportModule = (id) => import(pathToFileURL(resolve(dirname(filename), id)).href);
  chunk(module.exports, requireChunks(own, filename), module, filename, importModule);
  return module.exports;
}

/** A chunk's code cache; undefined where there is none that is right. @param text what the chunk is; read over when this returns */
function codeCacheOf(filename: string, text: Buffer): Buffer | undefined {
  if (text.length < LEAST_CACHED) return undefined;
  try {
    // It takes Node a while to load, and is not loaded for a small chunk.
    const { crc32 } = process.getBuiltinModule('node:zlib');
    const folder = dirname(filename);
    known ??= cachesIn(folder);
    const chunk = known.chunks[basename(filename)];
    if (chunk === undefined || chunk.text !== crc32(text)) return undefined;
    const cacheFor = ({ file, sum }: CodeCache): Buffer | undefined => {
      const cache = bytesOf(resolve(folder, file));
      return sum === crc32(cache) ? cache : undefined;
    };
    const { caches } = chunk;
    return caches.length === 1 ? cacheFor(caches[0]!) : fitting(caches, cacheFor);
  } catch {
    return undefined;
  }
}

/** The one that V8 will take as its flags are now: another thread may set one meanwhile. */
function fitting(caches: readonly CodeCache[], cacheFor: (cache: CodeCache) => Buffer | undefined): Buffer | undefined {
  const { cachedDataVersionTag } = process.getBuiltinModule('node:v8');
  let flags = cachedDataVersionTag();
  for (;;) {
    const made = cacheFor(caches.find((cache) => cache.flags === flags) ?? caches[0]!);
    const before = flags;
    flags = cachedDataVersionTag();
    if (flags === before) return made;
  }
}

/** What is known of the code caches in a folder; as if there were none where they are another Node's. */
function cachesIn(folder: string): CodeCaches {
  const none = { node: '', chunks: {} };
  try {
    const made = JSON.parse(readFileSync(resolve(folder, CODE_CACHES), 'latin1')) as CodeCaches;
    return made.node === thisNode() ? made : none;
  } catch {
    return none;
  }
}

/** Files are read into the same memory, one after the other: memory that is touched for the first time takes longer than reading. */
let room = Buffer.alloc(0);

/** A file's bytes, until the next file is read. */
function bytesOf(filename: string): Buffer {
  const file = openSync(filename, 'r');
  try {
    const { size } = fstatSync(file);
    if (room.length < size) room = Buffer.allocUnsafeSlow(Math.max(size, LEAST_ROOM));
    let length = 0;
    for (let read = -1; read !== 0 && length < size; length += read)
      read = readSync(file, room, length, size - length, null);
    return room.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

const LEAST_ROOM = 1 << 18;
