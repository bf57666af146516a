// The answers of delivery records, numbered by what they come down to and whose server says it, and what each of them was found to mean.
import * as COLUMN from "../../event/row-layout";
import { find, isDigit, matches, same, SPACE } from "../../event/assembly/bytes";
import { clearDictionary, createDictionary, Dictionary, entryAt, ANSWER_OF, numberOf } from "../../event/assembly/dictionary";
import { copy, withoutRecipient, writeText } from "./answer-text";
import { DELIVERED, DISCARDED } from "./message-words";
import { at, put } from "./row";

let answers: usize = 0;
/** Where an answer is written, to be looked up. */
let answer: usize = 0;

/** See createDictionaries. */
export function createAnswers(answersAt: usize, answersBytes: usize, mostAnswers: u32, answerAt: usize): void {
  answers = createDictionary(answersAt, answersBytes, mostAnswers);
  answer = answerAt;
}

/** Forgets all answers: their numbers begin anew. */
export function forgetAnswers(): void {
  clearDictionary(answers);
}

/**
 * Writes what a record's answer comes down to, so that answers that say the same are the same: outcome, dsn, and the text without
 * what is new each time. What was accepted is accepted whatever else the server says: only its codes count. What the text repeats
 * of the record itself, the relay's name, the recipient's address, its domain in a URL, is left out or made one.
 * @returns its length; how much of it stands before the text goes to the row
 */
function writeAnswer(row: usize): usize {
  const event = load<i32>(row + COLUMN.event * 4);
  const accepted = event == DELIVERED || event == DISCARDED;
  let to = answer;
  to = copy(to, at(row, COLUMN.status), at(row, COLUMN.status + 1));
  store<u8>(to++, SPACE);
  to = copy(to, at(row, COLUMN.dsn), at(row, COLUMN.dsn + 1));
  store<u8>(to++, SPACE);
  put(row, COLUMN.answerText, <i32>(to - answer));
  let from = at(row, COLUMN.response);
  const end = accepted ? endOfCodes(from, at(row, COLUMN.response + 1)) : at(row, COLUMN.response + 1);
  const relay = at(row, COLUMN.relayStart), relayEnd = at(row, COLUMN.relayEnd);
  if (load<i32>(row + COLUMN.unreached * 4) != 0) {
    //  connect to mx.example.org[192.0.2.1]:25: Connection timed out
    //             ^                        ^
    to = writeText(to, "connect to mx[192.0.2.1]:25");
    from = relayEnd;
  } else if (load<u32>(from) == 0x74736f68 && load<u8>(from + 4) == SPACE) {
    //  host mx.example.org[192.0.2.1] said: 450 4.2.0 …
    //       ^                        ^
    const name = find(0x5d, relay, relayEnd) + 1 - relay;
    if (from + 5 + name < end && relay + name <= relayEnd && same(from + 5, relay, name) && matches(from + 5 + name, end, " said: "))
      from += 5 + name + 7;
  }
  to = accepted ? copy(to, from, end) : withoutRecipient(to, from, end, at(row, COLUMN.recipient), at(row, COLUMN.recipient + 1));
  return to - answer;
}

/**
 * Numbers the answer of a row, and writes the verdict on it, 0 where there is none yet.
 * @param provider whose server it is, counted from 1, 0 for nobody's: the same words may mean something else from somebody else
 */
export function numberAnswer(row: usize, provider: u32): void {
  const number = numberOf(answers, answer, answer + writeAnswer(row), (<u64>provider + 1) << ANSWER_OF, false);
  put(row, COLUMN.answer, number);
  put(row, COLUMN.verdict, number > 0 ? <i32>entryAt(changetype<Dictionary>(answers), <u32>number).group : 0);
}

/** Says what all answers of a number mean. @param verdict its number, from 1 */
export function judgeAnswer(number: u32, verdict: u32): void {
  entryAt(changetype<Dictionary>(answers), number).group = verdict;
}

/** Writes a row's answer to where answers are written; returns its length. */
export function answerOfRow(row: usize): i32 {
  return <i32>writeAnswer(row);
}

//  250 2.0.0 Ok: queued as 4jXCQh6Ds3zJT8B
//           ^
/** Where reply code and enhanced code end; the start where there is no reply code. */
function endOfCodes(start: usize, end: usize): usize {
  if (start + 3 > end || !isDigit(load<u8>(start)) || !isDigit(load<u8>(start + 1)) || !isDigit(load<u8>(start + 2)))
    return start;
  let at = start + 3;
  if (at < end && load<u8>(at) != SPACE && load<u8>(at) != 0x2d) return start;
  if (isDigit(load<u8>(at + 1)) && load<u8>(at + 2) == 0x2e) {
    let codeEnd = at + 3;
    while (codeEnd < end && codeEnd < at + 10 && (isDigit(load<u8>(codeEnd)) || load<u8>(codeEnd) == 0x2e)) codeEnd++;
    if (codeEnd == end || load<u8>(codeEnd) == SPACE) at = codeEnd;
  }
  return at;
}
