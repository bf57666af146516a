// Finds the lines that bear a mark; see ../scan/log-lines.ts for what it promises.
//
// Sixteen bytes a step. A mark is known by its last three bytes, so that each step needs three loads (the bytes, and the
// same shifted by one and by two) and a handful of compares. Only where a step shows a mark, or where a mark waits for the
// end of its line, are single bits looked at.

// prettier-ignore
const STATUS: i32 = 1, REMOVED: i32 = 2, WARNING: i32 = 4, OPENED: i32 = 8, MESSAGE_ID: i32 = 16, INBOUND: i32 = 32, CONNECT: i32 = 64;

/**
 * Writes three numbers for each marked line to `out`: its start, its end (the offset of its line feed), its marks as bits.
 * The text lies in [start, end) and ends with a line feed; two bytes before `start` and sixteen after `end` may be read.
 * Returns the number of marked lines; the number of lines goes to `out - 4`.
 */
export function markedLines(start: usize, end: usize, out: usize, wanted: i32): i32 {
  const lf = i8x16.splat(0x0a), cr = i8x16.splat(0x0d), equals = i8x16.splat(0x3d), space = i8x16.splat(0x20);
  const colon = i8x16.splat(0x3a), a_c = i8x16.splat(0x63), a_d = i8x16.splat(0x64), a_e = i8x16.splat(0x65), a_f = i8x16.splat(0x66);
  const a_g = i8x16.splat(0x67), a_i = i8x16.splat(0x69), a_l = i8x16.splat(0x6c), a_p = i8x16.splat(0x70);
  const a_n = i8x16.splat(0x6e), a_o = i8x16.splat(0x6f), a_s = i8x16.splat(0x73), a_t = i8x16.splat(0x74), a_u = i8x16.splat(0x75);
  const none = i8x16.splat(0);
  const wantStatus = (wanted & STATUS) != 0, wantRemoved = (wanted & REMOVED) != 0, wantWarning = (wanted & WARNING) != 0;
  const wantOpened = (wanted & OPENED) != 0, wantId = (wanted & MESSAGE_ID) != 0, wantInbound = (wanted & INBOUND) != 0;
  const wantConnect = (wanted & CONNECT) != 0;

  const countAt = out - 4;
  let lines: i32 = 0, found: i32 = 0;
  let lineStart = start;
  let marks: i32 = 0; // of the line that is open
  for (let at = start; at < end; at += 16) {
    const last = v128.load(at), middle = v128.load(at - 1), first = v128.load(at - 2);
    const isLf = i8x16.eq(last, lf);
    let lfBits = i8x16.bitmask(isLf);

    let hit = none;
    let status = none, opened = none, id = none, removed = none, warning = none, inbound = none;
    const isEquals = i8x16.eq(last, equals);
    if (wantStatus) { // `us=` of ` status=`
      status = v128.and(v128.and(isEquals, i8x16.eq(middle, a_s)), i8x16.eq(first, a_u));
      hit = status;
    }
    if (wantOpened) { // `pt=` of ` nrcpt=`
      opened = v128.and(v128.and(isEquals, i8x16.eq(middle, a_t)), i8x16.eq(first, a_p));
      hit = v128.or(hit, opened);
    }
    if (wantId) { // `id=` of `message-id=`
      id = v128.and(v128.and(isEquals, i8x16.eq(middle, a_d)), i8x16.eq(first, a_i));
      hit = v128.or(hit, id);
    }
    if (wantRemoved) { // `ed` before the end of the line, of `removed`
      removed = v128.and(v128.and(v128.or(isLf, i8x16.eq(last, cr)), i8x16.eq(middle, a_d)), i8x16.eq(first, a_e));
      hit = v128.or(hit, removed);
    }
    if (wantWarning || wantInbound) {
      const colonSpace = v128.and(i8x16.eq(last, space), i8x16.eq(middle, colon));
      if (wantWarning) { // `g: ` of `warning: `, `l: ` of `fatal: `, `c: ` of `panic: `, `d f` of `verification failed for`
        warning = v128.and(colonSpace, v128.or(v128.or(i8x16.eq(first, a_g), i8x16.eq(first, a_l)), i8x16.eq(first, a_c)));
        const failedFor = v128.and(v128.and(i8x16.eq(last, a_f), i8x16.eq(middle, space)), i8x16.eq(first, a_d));
        warning = v128.or(warning, failedFor);
        // `to ` of `connect to `: a warning that only they see who ask for it.
        if (wantConnect) warning = v128.or(warning, v128.and(v128.and(i8x16.eq(last, space), i8x16.eq(middle, a_o)), i8x16.eq(first, a_t)));
        hit = v128.or(hit, warning);
      }
      if (wantInbound) { // `t: ` of `reject: `, `d: ` of `hold: ` and `discard: `, `g: ` of `reject_warning: `
        inbound = v128.and(colonSpace, v128.or(v128.or(i8x16.eq(first, a_t), i8x16.eq(first, a_d)), i8x16.eq(first, a_g)));
        // `nt=` of ` client=`, `id=` of ` uid=`
        const client = v128.and(i8x16.eq(middle, a_t), i8x16.eq(first, a_n)), uid = v128.and(i8x16.eq(middle, a_d), i8x16.eq(first, a_i));
        inbound = v128.or(inbound, v128.and(isEquals, v128.or(client, uid)));
        hit = v128.or(hit, inbound);
      }
    }

    const rest = end - at;
    if (rest < 16) lfBits &= (1 << <i32>rest) - 1; // what lies behind the end is not text
    if (v128.any_true(hit)) {
      const statusBits = i8x16.bitmask(status), openedBits = i8x16.bitmask(opened), idBits = i8x16.bitmask(id);
      const removedBits = i8x16.bitmask(removed), warningBits = i8x16.bitmask(warning), inboundBits = i8x16.bitmask(inbound);
      // Between two line feeds at a time. A mark that ends with the line feed itself (`removed`) belongs to the line it ends.
      let from: i32 = 0;
      let left = lfBits;
      while (left != 0) {
        const bit = ctz(left);
        left &= left - 1;
        const span = <i32>(((<u32>2 << bit) - 1) & ~((<u32>1 << from) - 1));
        marks |= marksIn(span, statusBits, removedBits, warningBits, openedBits, idBits, inboundBits);
        if (marks != 0) {
          store<i32>(out, <i32>lineStart);
          store<i32>(out, <i32>(at + bit), 4);
          store<i32>(out, marks, 8);
          out += 12;
          found++;
          marks = 0;
        }
        lines++;
        lineStart = at + bit + 1;
        from = bit + 1;
      }
      const span = from > 15 ? 0 : <i32>~((<u32>1 << from) - 1);
      marks |= marksIn(span, statusBits, removedBits, warningBits, openedBits, idBits, inboundBits);
    } else if (lfBits != 0) {
      if (marks != 0) {
        store<i32>(out, <i32>lineStart);
        store<i32>(out, <i32>(at + ctz(lfBits)), 4);
        store<i32>(out, marks, 8);
        out += 12;
        found++;
        marks = 0;
      }
      lines += popcnt(lfBits);
      lineStart = at + 32 - clz(lfBits);
    }
  }
  store<i32>(countAt, lines);
  return found;
}

// @ts-ignore: decorators are AssemblyScript's
@inline
function marksIn(span: i32, status: i32, removed: i32, warning: i32, opened: i32, id: i32, inbound: i32): i32 {
  return (
    (status & span ? STATUS : 0) |
    (removed & span ? REMOVED : 0) |
    (warning & span ? WARNING : 0) |
    (opened & span ? OPENED : 0) |
    (id & span ? MESSAGE_ID : 0) |
    (inbound & span ? INBOUND : 0)
  );
}
