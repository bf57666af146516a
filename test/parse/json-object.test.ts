/** What is read of an object where it lies is what JSON.parse says of it, and nothing is read that JSON.parse would refuse. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemberTable, ObjectReader } from '../../src/parse/json-object.ts';
import { runs } from '../support/runs.ts';

const KEYS = ['event', 'email', 'status', 'smtp-id', 'a', '\u00fc', '__proto__'];

/** The wanted members of the object that a text starts with; undefined where it starts with none. */
function read(text: string | Buffer): { end: number; members: Record<string, unknown> } | undefined {
  const reader = new ObjectReader(KEYS);
  // Not at the start of its memory, and not at the end: what is around an object is no part of it.
  const around = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(text as string), Buffer.from('"}')]);
  const end = reader.read(around, 6, around.length - 2);
  return end === 0 ? undefined : { end: end - 6, members: reader.pick(around) };
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
  const bytes = Buffer.from(text);
  const reader = new ObjectReader(['email', 'status']);
  expect(reader.read(bytes, 0, bytes.length)).toBe(bytes.length);
  expect(reader.pick(bytes)).toEqual({ email: 1, status: 2 });
  expect(reader.read(bytes, 0, bytes.length - 1)).toBe(0);
  expect(reader.read(Buffer.from(text.replace('0}', '0]')), 0, bytes.length)).toBe(0);
});

test('a table keeps the objects it was told to keep', () => {
  const reader = new ObjectReader(['email', 'a']);
  const lines = Array.from({ length: 1000 }, (_, n) => `{"a":${n},"email":"${'x'.repeat(n % 7)}\\u0040${n}"}`);
  const bytes = Buffer.from(lines.join('\n'));
  const table = new MemberTable(bytes, reader);
  const kept: number[] = [];
  let at = 0;
  for (const [n, line] of lines.entries()) {
    expect(reader.read(bytes, at, bytes.length)).toBe(at + line.length);
    const object = table.put(reader);
    expect(table.wholeNumber(object, 1)).toBe(n);
    if (n % 3 === 0) {
      table.keep();
      kept.push(object);
    }
    at += line.length + 1;
  }
  expect(kept.map((object) => table.string(object, 0))).toEqual(
    lines.flatMap((line, n) => (n % 3 === 0 ? [JSON.parse(line).email] : [])),
  );
});
