/** `smtp-enrich suppress`: the addresses that must not be mailed again, and why. */
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { foldSuppression, type Ledger } from '../src/aggregate/suppression.ts';
import { type Suppression, suppressions } from '../src/aggregate/suppression-list.ts';
import { type InputReport, SmtpEnrichError } from '../src/event/index.ts';
import { type AddressList, parseAddressList } from '../src/parse/address-list.ts';
import { integer, plural } from '../src/report/figures.ts';
import { neutral } from '../src/report/neutral.ts';
import type { Style } from '../src/report/style.ts';
import { addressOf } from '../src/report/suppression/address.ts';
import {
  listChanges,
  policyChanges,
  renderListChanges,
  renderPolicyChanges,
} from '../src/report/suppression/changes.ts';
import { explainAddress } from '../src/report/suppression/explain-address.ts';
import type { SuppressionExport } from '../src/report/suppression/export-format.ts';
import { onePerAddress, withoutGroups } from '../src/report/suppression/groups.ts';
import { SUPPRESSION_EXPORTS } from '../src/report/suppression/index.ts';
import { renderSuppressionHashes, renderSuppressionText } from '../src/report/suppression/list.ts';
import { renderSuppressionNdjson } from '../src/report/suppression/ndjson.ts';
import { partsOf } from '../src/report/suppression/parts.ts';
import { renderSuppressionCsv } from '../src/report/suppression/spreadsheet.ts';
import { runEvents } from '../src/stream/events.ts';
import { accountFor, FILES, INPUT_OPTIONS, type Settings, settingsOf } from './options.ts';
import {
  deliver,
  OUTPUT_OPTIONS,
  POLICY_OPTION,
  policyOf,
  progressOf,
  readText,
  redactedAddress,
  redactedEvidence,
  redactedReports,
  redactorOf,
} from './output.ts';
import { definePipeline, type Io, type OptionSpecs, type OptionValues } from './pipeline.ts';
import { noFilesBeside, STATE_OPTION } from './state-options.ts';
import { terminalStyle } from './terminal.ts';

const OPTIONS = {
  format: { type: 'string', choices: ['csv', 'ndjson', 'txt'], default: 'csv', describe: 'what to write' },
  for: {
    type: 'string',
    choices: SUPPRESSION_EXPORTS.map(({ name }) => name),
    describe: 'a file that this program can import, instead of --format',
    value: 'PROGRAM',
  },
  existing: {
    type: 'string',
    describe: 'the list in use, of any of these programs: only what is new is written',
    value: 'FILE',
  },
  diff: {
    type: 'boolean',
    default: false,
    describe: 'with --existing: what was added, what was lifted, instead of a list',
  },
  exclude: {
    type: 'string',
    describe: 'addresses and domains that are never suppressed, one on each line',
    value: 'FILE',
  },
  groups: {
    type: 'boolean',
    default: false,
    describe:
      'unsubscriptions from one group of mail as well: with their group, or as the address where the file knows no groups',
  },
  compare: { type: 'string', describe: 'what another policy would change, instead of a list', value: 'NAME|FILE' },
  hash: {
    type: 'string',
    choices: ['sha256'],
    describe: 'hashes of the addresses (in lower case), one on each line, for handing the list on',
  },
  explain: {
    type: 'string',
    describe: "everything known of one address, instead of a list: its failures, their answers, the policy's rule",
    value: 'ADDRESS',
  },
  ...STATE_OPTION,
  ...POLICY_OPTION,
  ...OUTPUT_OPTIONS,
  ...INPUT_OPTIONS,
} as const satisfies OptionSpecs;

type SuppressValues = OptionValues<typeof OPTIONS>;

export default definePipeline({
  positional: FILES,
  options: OPTIONS,
  examples: [
    ['smtp-enrich suppress /var/log/mail.log* > suppressions.csv', 'with the answer and the rule for each address'],
    [
      'smtp-enrich suppress --for sendgrid --existing bounces.csv -o new.csv mail.log*',
      'what SendGrid does not know yet',
    ],
    [
      'smtp-enrich suppress --for postfix -o /etc/postfix/suppressed mail.log*',
      'then: postmap /etc/postfix/suppressed',
    ],
    ['smtp-enrich suppress --explain ann@example.com mail.log*', 'why an address is on the list'],
    ['smtp-enrich suppress --compare cautious mail.log*', 'what another policy would change'],
  ],
  async run(values, files, io) {
    checkTogether(values);
    const policy = await policyOf(values.policy);
    const other = values.compare === undefined ? undefined : await policyOf(values.compare);
    const existing = await listOf(values.existing, '--existing');
    const exclude = await listOf(values.exclude, '--exclude');
    const redactor = await redactorOf(values, io);
    noFilesBeside(values.state, files);
    const { state } = values;
    const needs = { senders: false, inbound: false, warnings: false };
    const settings = await settingsOf(values, state === undefined ? files : undefined, io, needs);
    const plain = other === undefined && !values.diff && values.hash === undefined && values.explain === undefined;
    if (state !== undefined && plain && redactor === undefined) {
      const wanted = (entry: Suppression): boolean => !isOn(exclude, entry) && !isOn(existing, entry);
      const target = SUPPRESSION_EXPORTS.find(({ name }) => name === values.for);
      const atOnce = target?.whole ?? (target?.most ?? target?.mostBytes) !== undefined;
      const listed = (await import('./state-file.ts')).listedInState(state, { ...settings, policy, wanted }, io);
      const list = chosen(listed, values, io);
      // One document, or a file in parts, needs the whole list at once; all else goes out as it is read.
      if (!atOnce) {
        await deliver(renderedParts(list, values, settings.timeZone, io), values.output, io);
        return 0;
      }
      await write([...list], (entries) => entries, values, settings.timeZone, io);
      return 0;
    }
    const { ledger, inputs } =
      state === undefined
        ? await ledgerOf(settings, io)
        : await (await import('./state-file.ts')).readLedger(state, settings, values.explain, io);
    if (values.explain !== undefined) {
      const known = ledger.addresses.get(values.explain.toLowerCase());
      const shown = known === undefined || redactor === undefined ? known : redactedAddress(known, redactor);
      const asked = redactor === undefined ? values.explain : redactor.address(values.explain);
      await deliver(explainAddress(shown, asked, policy, settings.timeZone, io.now), values.output, io);
      return accountFor(redactedReports(inputs, redactor), { ...values, quiet: true }, io);
    }

    const kept = (entry: Suppression): boolean => !isOn(exclude, entry);
    const isNew = (entry: Suppression): boolean => !isOn(existing, entry);
    const all = [...chosen(suppressions(ledger, policy, io.now).filter(kept), values, io, isNew)];
    const show = (entries: readonly Suppression[]): readonly Suppression[] =>
      redactor === undefined
        ? entries
        : entries.map((entry) => ({
            ...entry,
            address: redactor.address(entry.address),
            evidence: redactedEvidence(entry.evidence, entry.address, redactor),
          }));
    if (other !== undefined) {
      const theirs = [...chosen(suppressions(ledger, other, io.now).filter(kept), values, io, () => false)];
      const changes = policyChanges({ name: policy.name, entries: all }, { name: other.name, entries: theirs });
      const shown = { ...changes, added: show(changes.added), removed: show(changes.removed) };
      await deliver(renderPolicyChanges(shown, styleOf(values, io)), values.output, io);
    } else if (values.diff) {
      // Compared is what the target takes: a list of bounces never held the complaints.
      const target = SUPPRESSION_EXPORTS.find(({ name }) => name === values.for);
      const taken = target === undefined ? all : takenBy(target, all, io);
      const changes = listChanges(taken, (entry) => isOn(existing, entry), sizeOf(existing));
      const shown = { ...changes, added: show(changes.added), lifted: show(changes.lifted) };
      await deliver(renderListChanges(shown, styleOf(values, io)), values.output, io);
    } else {
      const list = all.filter((entry) => entry.state === 'listed' && isNew(entry));
      if (existing !== undefined)
        io.stderr.write(
          `${redactor === undefined ? values.existing : redactor.fileName(values.existing!)}: ${existing.kind}, ${plural(sizeOf(existing), 'address', 'addresses')}; ${integer(list.length)} new\n`,
        );
      await write(list, show, values, settings.timeZone, io);
    }
    return accountFor(redactedReports(inputs, redactor), { ...values, quiet: values.quiet || state !== undefined }, io);
  },
});

/** One pass over the logs. */
async function ledgerOf(settings: Settings, io: Io): Promise<{ ledger: Ledger; inputs: readonly InputReport[] }> {
  const fold = foldSuppression();
  const ledger = fold.create();
  const { until = Number.POSITIVE_INFINITY, since = Number.NEGATIVE_INFINITY } = settings;
  const progress = progressOf(io);
  const inputs = await runEvents(
    { ...settings, onProgress: progress.onProgress },
    {
      event(event) {
        // An event without a time is in every period: leaving it out would lose it.
        if (event.time < since || event.time >= until) return;
        fold.add(ledger, event);
      },
    },
  );
  progress.end();
  return { ledger, inputs };
}

/** So many entries are written at once: few enough that V8 puts their text, some 80 KB of NDJSON, where short-lived text is, not in new memory. */
const ENTRIES_A_PART = 128;

/** A long list as text, part by part; a heading comes once. */
function* renderedParts(
  list: Iterable<Suppression>,
  values: SuppressValues,
  timeZone: string,
  io: Io,
): IterableIterator<string> {
  const target = SUPPRESSION_EXPORTS.find(({ name }) => name === values.for);
  const render = (entries: readonly Suppression[]): string =>
    target !== undefined
      ? target.render(entries, timeZone)
      : values.format === 'txt'
        ? renderSuppressionText(entries)
        : values.format === 'ndjson'
          ? renderSuppressionNdjson(entries, timeZone)
          : renderSuppressionCsv(entries, timeZone);
  const heading = render([]);
  const refused = new Refused();
  yield heading;
  let part: Suppression[] = [];
  for (const entry of list) {
    const reason = target?.refuses(entry);
    if (reason !== undefined) refused.add(reason, entry.address);
    else if (part.push(entry) >= ENTRIES_A_PART) {
      yield render(part).slice(heading.length);
      part = [];
    }
  }
  if (part.length > 0) yield render(part).slice(heading.length);
  refused.say(io);
}

/** Formats that have a place for a group; all others know addresses only. */
function hasGroups(values: SuppressValues): boolean {
  return values.hash === undefined && (values.for === undefined || values.for === 'spreadsheet');
}

/** The rows that are asked for: with groups, or without and how many that leaves out. */
function* chosen(
  rows: Iterable<Suppression>,
  values: SuppressValues,
  io: Io,
  isNew: (entry: Suppression) => boolean = () => true,
): IterableIterator<Suppression> {
  if (values.groups) {
    yield* hasGroups(values) ? rows : onePerAddress(rows);
    return;
  }
  let leftOut = 0;
  yield* withoutGroups(rows, (row) => {
    if (isNew(row)) leftOut++;
  });
  if (leftOut > 0)
    io.stderr.write(
      `left out, ${plural(leftOut, 'address', 'addresses')}: unsubscribed from one group of mail, not from all; --groups lists such, too\n`,
    );
}

/** What an importer cannot take is said, address by address up to ten of a kind, and counted. */
class Refused {
  readonly #reasons = new Map<string, { count: number; first: string[] }>();

  add(reason: string, address: string): void {
    const known = this.#reasons.get(reason) ?? { count: 0, first: [] };
    this.#reasons.set(reason, known);
    known.count++;
    if (known.first.length < 10) known.first.push(address);
  }

  say(io: Io): void {
    for (const [reason, { count, first }] of this.#reasons) {
      io.stderr.write(`left out, ${plural(count, 'address', 'addresses')}: each ${reason}\n`);
      for (const address of first) io.stderr.write(`  ${neutral(address)}\n`);
      if (count > first.length) io.stderr.write(`  and ${integer(count - first.length)} more\n`);
    }
  }
}

function checkTogether(values: SuppressValues): void {
  const wrong = (message: string): never => {
    throw new SmtpEnrichError('USAGE', message);
  };
  if (values.diff && values.existing === undefined) wrong('--diff needs --existing FILE: the list to compare with');
  if (values.hash !== undefined && values.for !== undefined && values.for !== 'list')
    wrong(`--hash writes a list of hashes; ${values.for} could not import it`);
  if (values.redact && values.for !== undefined && values.for !== 'spreadsheet')
    wrong(`--redact would make addresses that ${values.for} cannot use; --hash sha256 makes a list to hand on`);
}

async function listOf(path: string | undefined, option: string): Promise<AddressList | undefined> {
  return path === undefined ? undefined : parseAddressList(await readText(path, option), path);
}

/** Who is on a list for all mail is on it for each group; who is to be taken off it for a group must be on it for that. */
function isOn(list: AddressList | undefined, entry: Suppression): boolean {
  if (list === undefined) return false;
  const key = entry.address.toLowerCase();
  const plain = addressOf(entry).toLowerCase();
  const group = entry.unsubscribe_group;
  if (group !== '' && (list.groups.has(`${key}\t${group}`) || list.groups.has(`${plain}\t${group}`))) return true;
  if (group !== '' && entry.state !== 'listed') return false;
  return (
    list.addresses.has(key) ||
    list.addresses.has(plain) ||
    list.domains.has(plain.slice(plain.lastIndexOf('@') + 1)) ||
    (list.hashes.size > 0 && list.hashes.has(sha256(plain)))
  );
}

function sizeOf(list: AddressList | undefined): number {
  return list === undefined ? 0 : list.addresses.size + list.groups.size + list.hashes.size;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function styleOf(values: SuppressValues, io: Io): Style {
  const style = terminalStyle(io);
  // Addresses are what is compared: in a file or a pipe they are not cut.
  return values.output === undefined && io.stdout.isTTY === true ? style : { ...style, width: 1000 };
}

async function write(
  list: readonly Suppression[],
  show: (entries: readonly Suppression[]) => readonly Suppression[],
  values: SuppressValues,
  timeZone: string,
  io: Io,
): Promise<void> {
  if (values.hash !== undefined) return deliver(renderSuppressionHashes(list, sha256), values.output, io);
  const target = SUPPRESSION_EXPORTS.find(({ name }) => name === values.for);
  if (target !== undefined) return writeExport(target, show(list), values, timeZone, io);
  const entries = show(list);
  await deliver(
    values.format === 'txt'
      ? renderSuppressionText(entries)
      : values.format === 'ndjson'
        ? renderSuppressionNdjson(entries, timeZone)
        : renderSuppressionCsv(entries, timeZone),
    values.output,
    io,
  );
}

/** The entries that a target can take; what it cannot is said. */
function takenBy(target: SuppressionExport, entries: readonly Suppression[], io: Io): readonly Suppression[] {
  const refused = new Refused();
  const taken = entries.filter((entry) => {
    const reason = target.refuses(entry);
    if (reason !== undefined && entry.state === 'listed') refused.add(reason, entry.address);
    return reason === undefined;
  });
  refused.say(io);
  return taken;
}

async function writeExport(
  target: SuppressionExport,
  list: readonly Suppression[],
  values: SuppressValues,
  timeZone: string,
  io: Io,
): Promise<void> {
  const parts = partsOf(target, takenBy(target, list, io), timeZone);
  const { output } = values;
  if (parts.length <= 1) return deliver(target.render(parts[0] ?? [], timeZone), output, io);
  if (output === undefined)
    throw new SmtpEnrichError(
      'USAGE',
      `${target.name} takes at most ${
        target.most === undefined ? `${integer(target.mostBytes!)} bytes` : `${integer(target.most)} addresses`
      } in one file, and these are more: ${plural(
        parts.reduce((sum, { length }) => sum + length, 0),
        'address',
        'addresses',
      )}`,
      'With --output FILE they are written in parts: FILE-1, FILE-2, …',
    );
  const extension = extname(output);
  const stem = output.slice(0, output.length - extension.length);
  for (const [part, entries] of parts.entries()) {
    const name = `${stem}-${part + 1}${extension}`;
    await deliver(target.render(entries, timeZone), name, io);
    io.stderr.write(`${name}: ${plural(entries.length, 'address', 'addresses')}\n`);
  }
}
