/**
 * What Postfix did with a client or a message on the way in, and why, as one text: `reject RCPT: Relay access denied`. Whom it
 * concerned is left out of the reason, or each would be a reason of its own.
 */
import type { DeliveryEvent } from '../event/index.ts';
import { ownStart } from './own-string.ts';

const REASON_LIMIT = 120;
const CODES = /^(?:[2-5]\d\d[ -])?(?:[245]\.\d{1,3}\.\d{1,3} )?/;
/** `<a@b>: `, `<helo.example>: ` before the reason. */
const ABOUT = /^<[^<>]*>: /;
/** Where to read more is different for each client, too. */
const READ_MORE = /(?:;|,)?(?: see)? https?:\/\//;

/** `reject`, `hold`, `milter-reject`, … as logged, what the client was at, and the reason. */
export function refusalOf(event: DeliveryEvent): string {
  const { status = 'reject', stage } = event;
  return `${status}${stage === undefined || stage === '' ? '' : ` ${stage}`}: ${reasonOf(event.response ?? event.reply_text ?? '')}`;
}

/** What was done, of a text that refusalOf made. */
export function actionOfRefusal(refusal: string): string {
  return refusal.slice(0, refusal.search(/[ :]/));
}

//  550 5.1.1 <no@e.example>: Recipient address rejected: User unknown in virtual mailbox table
//                            ^
//  554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.example; https://zen.example/query/192.0.2.9
//            ^                                            ^
function reasonOf(answer: string): string {
  const words = answer.slice(0, 1000).replace(CODES, '').replace(ABOUT, '');
  const end = words.search(READ_MORE);
  const reason = (end < 0 ? words : words.slice(0, end))
    .replace(/<[^<>]*>/g, '<…>')
    .replace(/\[[^[\]]*\]/g, '[…]')
    .trim();
  return ownStart(reason === '' ? '(no reason given)' : reason, REASON_LIMIT);
}
