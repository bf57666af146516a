/** Events as an activity page shows them: a line each, and on request below it what the server said, what it means, what to do. */
import type { Category, CategoryRow, DeliveryEvent, TableRow } from '../event/index.ts';
import { renderEventText } from './event-text.ts';
import { duration } from './figures.ts';
import { neutral } from './neutral.ts';
import type { Style } from './style.ts';
import { ellipsis, wrap } from './table.ts';
import { serverWords } from './words.ts';

export interface ActivityWords {
  readonly categories: ReadonlyMap<Category, CategoryRow>;
  /** Row id → row. */
  readonly rows: ReadonlyMap<string, TableRow>;
}

/** One event with its line end. Without detail one line, on a terminal cut to its width. */
export function renderActivity(event: DeliveryEvent, style: Style, words: ActivityWords | undefined): string {
  const line = renderEventText(event, style);
  // A line with colours cannot be cut by its length; `renderEventText` puts the answer last, so the terminal wraps that alone.
  if (words === undefined) return `${style.bars === true ? line : ellipsis(line, style.width)}\n`;
  const lines = [renderEventText(withoutAnswer(event), style)];
  const item = (name: string, text: string): void => {
    if (text === '') return;
    lines.push(
      ...wrap(neutral(text), style.width - 12).map(
        (part, i) => `    ${style.color.dim((i === 0 ? name : '').padEnd(8))}${part}`,
      ),
    );
  };
  const { verdict } = event;
  const category = words.categories.get(verdict.category);
  item('Answer', serverWords(event.response ?? ''));
  item('Means', words.rows.get(verdict.evidence.rule)?.meaning || category?.meaning || '');
  item('Fault', verdict.fault ?? '');
  item('Do', verdict.action === 'none' ? '' : `${verdict.action}: ${category?.advice ?? ''}`);
  item(
    'Rule',
    `${verdict.evidence.layer}: ${verdict.evidence.rule}, which matched ${JSON.stringify(verdict.evidence.matched)}; confidence ${verdict.confidence}`,
  );
  item(
    'Via',
    [event.relay, event.delay === undefined ? undefined : `after ${duration(event.delay)}`].filter(Boolean).join(', '),
  );
  item('Log', [event.host, event.program, event.queue_id, event.input].filter(Boolean).join(' '));
  item('From', [event.sender, event.message_id].filter(Boolean).join(' '));
  return `${lines.join('\n')}\n`;
}

function withoutAnswer(event: DeliveryEvent): DeliveryEvent {
  return {
    time: event.time,
    first: event.first,
    input: event.input,
    verdict: event.verdict,
    format: event.format,
    event: event.event,
    timestamp: event.timestamp,
    recipient: event.recipient,
    relay: event.relay,
    host: event.host,
  };
}
