/** One event as one line for a terminal: time, outcome, recipient, category, action, and the answer in the server's words. */
import type { DeliveryEvent, EventName } from '../event/index.ts';
import { neutral } from './neutral.ts';
import type { Colors, Paint, Style } from './style.ts';
import { displayWidth, ellipsis } from './table.ts';

const OUTCOME_COLOR: Readonly<Record<EventName, keyof Colors | null>> = {
  processed: null,
  delivered: 'green',
  deferred: 'yellow',
  bounced: 'red',
  expired: 'red',
  dropped: 'red',
  complained: 'red',
  unsubscribed: 'yellow',
  resubscribed: 'green',
  probe: 'dim',
  discarded: 'dim',
  rejected: 'red',
  reject_warning: 'yellow',
  internal: 'dim',
  warning: 'yellow',
};

// Wide enough for most; longer ones push the rest of their own line to the right rather than lose anything.
const RECIPIENT_WIDTH = 32;

/** One line, without its line end. It may be wider than the terminal: the answer is never cut, so that it can be searched. */
export function renderEventText(event: DeliveryEvent, style: Style): string {
  const { color } = style;
  const paint: Paint = OUTCOME_COLOR[event.event] === null ? (text) => text : color[OUTCOME_COLOR[event.event]!];
  const time = neutral(event.timestamp ?? '').replace('T', ' ');
  const subject = neutral(event.recipient ?? event.relay ?? event.host ?? '-');
  const answer = neutral(event.response ?? event.reply_text ?? '');
  const action = event.verdict.action === 'none' ? '-' : event.verdict.action;
  return [
    color.dim(pad(time.slice(0, 19) || '-', 19)),
    paint(pad(event.event, 12)),
    pad(subject, RECIPIENT_WIDTH),
    pad(event.verdict.category, 18),
    pad(action, 14),
    answer,
  ]
    .join(' ')
    .trimEnd();
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** The heading over such lines. */
export function eventTextHeader(style: Style): string {
  const heads = [
    pad('time', 19),
    pad('outcome', 12),
    pad('recipient', RECIPIENT_WIDTH),
    pad('category', 18),
    pad('action', 14),
    'answer',
  ];
  return style.color.bold(ellipsis(heads.join(' '), Math.max(style.width, 110)));
}
