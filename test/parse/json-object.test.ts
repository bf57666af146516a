/** What is read of an object where it lies is what JSON.parse says of it, and nothing is read that JSON.parse would refuse. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ObjectReader } from '../../src/parse/json-object.ts';
import {
  createScanMemory,
  FIRST_FREE,
  LineReader,
  SCAN_MARGIN,
  SMALL_DICTIONARIES,
  scratchBytes,
} from '../../src/parse/scan/log-lines.ts';
import { runs } from '../support/runs.ts';

const MOST = 1 << 22;
const START = FIRST_FREE + SCAN_MARGIN;
const SCRATCH = START + MOST + SCAN_MARGIN;
const lines = new LineReader(
  createScanMemory(SCRATCH + scratchBytes(MOST, SMALL_DICTIONARIES)),
  SCRATCH,
  MOST,
  { providers: [], domainOf: (text) => text, providerOf: () => undefined },
  SMALL_DICTIONARIES,
);

/** Puts a text where it can be read, something else around it. @returns where it starts */
function put(before: string, text: string | Buffer, behind: string): number {
  const around = Buffer.concat([Buffer.from(before), Buffer.from(text as string), Buffer.from(behind)]);
  around.copy(lines.bytes, START);
  return START + before.length;
}

const KEYS = ['event', 'email', 'status', 'smtp-id', 'a', 'bounce_classification', '__proto__'];
const reader = new ObjectReader(KEYS, lines);

/** The wanted members of the object that a text starts with; undefined where it starts with none. */
function read(text: string | Buffer): { end: number; members: Record<string, unknown> } | undefined {
  // What is around an object is no part of it.
  const start = put('{"a":"', text, '"},"email":"x"}}}]]]\n{"a":1}');
  const end = reader.read(start, start + Buffer.byteLength(text));
  return end === 0 ? undefined : { end: end - start, members: reader.pick() };
}

/** The same by JSON.parse: the shortest start of the text that is an object. */
function parsed(bytes: Buffer): { end: number; members: Record<string, unknown> } | undefined {
  for (let close = bytes.indexOf('}'); close >= 0; close = bytes.indexOf('}', close + 1)) {
    try {
      const value = JSON.parse(bytes.toString('utf8', 0, close + 1));
      return {
        end: close + 1,
        members: Object.fromEntries(KEYS.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key]])),
      };
    } catch {
      // Not yet whole, or never.
    }
  }
  return undefined;
}

describe('as JSON.parse', () => {
  test.each([
    '{}',
    '{ }',
    '{"a":1}',
    '{"a":1,}',
    '{"a":1,,"email":2}',
    '{,"a":1}',
    '{"a"}',
    '{"a":}',
    '{"a" : 1 }\r\n',
    '{"a":1}{"a":2}',
    '{"a":1',
    '{"a":"x',
    '{"a":"x}',
    '{a:1}',
    "{'a':1}",
    '{"a":1 "email":2}',
    '{"a":1,"a":2}',
    '{"a":{"a":1},"email":{"a":[{"a":3}]}}',
    '{"a":[1,{"email":2}],"email":3}',
    '{"a":[]}',
    '{"a":[ ]}',
    '{"a":[,]}',
    '{"a":[1,]}',
    '{"a":[1}',
    '{"a":{"b":1]}',
    '{"a":{"b"}}',
    '{"\\u0061":1}',
    '{"\\u0061":1,"a":2}',
    '{"\\uD83D\\uDE00":1,"a":"\\uD83D"}',
    '{"\u00fc":"\u00fc"}',
    '{"a":"\\"}',
    '{"a":"\\""}',
    '{"a":"\\x"}',
    '{"a":"\\u12G4"}',
    '{"a":"\\u12"}',
    '{"a":"\\/\\b\\f\\n\\r\\t\\\\"}',
    '{"a":"\t"}',
    '{"a":"\n"}',
    '{"a":"\x7f\u2028"}',
    '{"a":true,"email":false,"status":null}',
    '{"a":tru}',
    '{"a":truee}',
    '{"a":nul\\u006c}',
    '{"a":undefined}',
    '{"a":NaN}',
    '{"__proto__":{"email":"x"}}',
    '{"a":1}\u00a0',
    '{\u00a0"a":1}',
    '{"a":1/**/}',
    ...[
      '0',
      '-0',
      '-',
      '01',
      '1.',
      '.5',
      '1.5',
      '-1.50e+10',
      '1e',
      '1e+',
      '1E5',
      '+1',
      '1e400',
      '0x10',
      '1_0',
      '1 2',
    ].map((number) => `{"a":${number}}`),
  ])('%j', (text) => {
    expect(read(text)).toEqual(parsed(Buffer.from(text)));
  });

  test('any object, however it is written, and whatever has happened to it since', () => {
    const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 5 }));
    const value = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 8 }),
          fc.double(),
          fc.integer(),
          fc.boolean(),
          fc.constant(null),
        ),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(key, tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    const written = fc
      .tuple(fc.array(fc.tuple(key, value), { maxLength: 5 }), fc.constantFrom(0, 1, '\t', '\r'), fc.boolean())
      .map(([members, indent, escaped]) => {
        const text = `{${members.map(([name, said]) => `${JSON.stringify(name)}:${JSON.stringify(said, null, indent)}`).join(',')}}`;
        return escaped ? text.replaceAll(/[a-z](?=[^"]*":)/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`) : text;
      });
    const change = fc.record({
      at: fc.nat(),
      drop: fc.nat(2),
      put: fc.oneof(fc.constantFrom(...'{}[]:,"\\\n\r 0-.eu'), fc.string({ maxLength: 2 })),
    });
    const hurt = fc.tuple(written, fc.array(change, { maxLength: 2 })).map(([text, changes]) => {
      let bytes = Buffer.from(text);
      for (const { at, drop, put } of changes) {
        const place = at % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from(put), bytes.subarray(place + drop)]);
      }
      return bytes;
    });
    fc.assert(
      fc.property(hurt, (bytes) => {
        fc.pre(bytes[0] === 0x7b && !/\n[{[]/.test(bytes.toString('latin1')));
        expect(read(bytes)).toEqual(parsed(bytes));
      }),
      runs(),
    );
  });
});

test('at a line that begins a unit an object ends unfinished, so that it swallows no other', () => {
  expect(read('{"a":\n1}')).toMatchObject({ members: { a: 1 } });
  expect(read('{"a":\n{"email":1}}')).toBeUndefined();
  expect(read('{"a":1,\n[1]}')).toBeUndefined();
});

test('depth costs memory in proportion, and no stack', () => {
  const depth = 500_000;
  const text = `{"email":1,"a":${'[{"a":'.repeat(depth)}0${'}]'.repeat(depth)},"status":2}`;
  const start = put('', text, '');
  expect(reader.read(start, start + text.length)).toBe(start + text.length);
  expect(reader.pick()).toMatchObject({ email: 1, status: 2 });
  expect(reader.read(start, start + text.length - 1)).toBe(0);
  put('', text.replace('0}', '0]'), '');
  expect(reader.read(start, start + text.length)).toBe(0);
  // Nothing but brackets: no level finds no room.
  put('', `{"a":${'['.repeat(MOST - 5)}`, '');
  expect(reader.read(start, start + MOST)).toBe(0);
});

test('wanted members may be known by any way of writing their names', () => {
  const key = fc.constantFrom(
    ...KEYS,
    'emai',
    'emaill',
    'x'.repeat(31),
    'y'.repeat(40),
    'e\u00fc',
    '"a',
    '\\a',
    '/a',
    'a\n',
  );
  // Each character as it is, or as an escape.
  const written = key.chain((name) =>
    fc.array(fc.nat(2), { minLength: name.length, maxLength: name.length }).map((ways) => ({
      name,
      text: [...name]
        .map((letter, i) => {
          const code = letter.charCodeAt(0).toString(16).padStart(4, '0');
          if (letter === '/' && ways[i] === 1) return '\\/';
          return ways[i] === 2
            ? `\\u${ways[0] === 2 ? code.toUpperCase() : code}`
            : JSON.stringify(letter).slice(1, -1);
        })
        .join(''),
    })),
  );
  fc.assert(
    fc.property(fc.array(written, { maxLength: 4 }), (names) => {
      const text = `{${names.map((one, n) => `"${one.text}":${n}`).join(',')}}`;
      expect(read(text)).toEqual(parsed(Buffer.from(text)));
    }),
    runs(),
  );
});
