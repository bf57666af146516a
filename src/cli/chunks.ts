/**
 * Loads the chunks of the built program, each with what V8 made of it when it was built (scripts/build.mjs): a short run spends more
 * time on compiling its own code than on the log. V8 takes that only if it is the very same release and has the same flags, and else
 * compiles as ever. Node has this of its own from 22.1 on (`module.enableCompileCache`), in a folder that it writes.
 *
 * A chunk is the text of a function of `exports, require, module, __filename`, as Node makes of a CommonJS file, in ASCII.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Script } from 'node:vm';

/** What a chunk's code cache is called: the chunk's name, and this. */
export const CODE_CACHE = '.code';

type Require = (id: string) => unknown;
type Chunk = (exports: object, require: Require, module: { exports: object }, filename: string) => void;

const loaded = new Map<string, { exports: object }>();
/** The chunks that were compiled; the build asks for what came of it. */
export const scripts = new Map<string, Script>();

/**
 * What takes the place of `require` in a file of the program: chunks, named relative to it, are loaded here, all else by Node.
 * @param own the file's own `require`
 */
export function requireChunks(own: Require, filename: string): Require {
  const folder = dirname(filename);
  return (id) => (id.startsWith('.') ? load(resolve(folder, id), own) : own(id));
}

function load(filename: string, own: Require): object {
  const known = loaded.get(filename);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(filename, module);
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: codeCacheOf(filename) });
  scripts.set(filename, script);
  const chunk = script.runInThisContext() as Chunk;
  chunk(module.exports, requireChunks(own, filename), module, filename);
  return module.exports;
}

function codeCacheOf(filename: string): Buffer | undefined {
  try {
    return readFileSync(filename + CODE_CACHE);
  } catch {
    return undefined;
  }
}
