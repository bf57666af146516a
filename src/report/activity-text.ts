/** Events as an activity page shows them: a line each, and on request below it what the server said, what it means, what to do. */
import type { Meanings } from '../aggregate/meanings.ts';
import type { DeliveryEvent } from '../event/index.ts';
import { renderEventText } from './event-text.ts';
import { duration } from './figures.ts';
import { neutral } from './neutral.ts';
import type { Style } from './style.ts';
import { wrap } from './table.ts';
import { serverWords } from './words.ts';

/** One event with its line end: one line, never cut, so that it can be searched; with `meanings`, what it means below it. */
export function renderActivity(event: DeliveryEvent, style: Style, meanings: Meanings | undefined): string {
  const line = renderEventText(event, style);
  if (meanings === undefined) return `${line}\n`;
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
  const { action, evidence } = verdict;
  const { meaning, advice } = meanings.of(verdict.root_cause ?? verdict.category, action, evidence.rule);
  item('Answer', serverWords(event.response ?? ''));
  item('Means', meaning);
  item('Fault', verdict.fault ?? '');
  item('Do', action === 'none' ? '' : advice === '' ? action : `${action}: ${advice}`);
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
