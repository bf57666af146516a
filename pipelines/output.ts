/** What the pipelines that write a product have in common: where it goes, without whose names, and the progress meanwhile. */
import { promises } from 'node:fs';
import type { FailureEvidence } from '../src/aggregate/failure.ts';
import { POLICY_NAMES, type Policy, parsePolicy, policyNamed } from '../src/aggregate/policy.ts';
import type { LedgerAddress } from '../src/aggregate/suppression.ts';
import { type ErrorCode, type InputReport, SmtpEnrichError, whyUnreadable } from '../src/event/index.ts';
import { createRedactor, type Redactor } from '../src/report/redact.ts';
import { writeParts } from '../src/sink/stdout.ts';
import type { EventOptions } from '../src/stream/events.ts';
import type { Io, OptionSpecs, OptionValues } from './pipeline.ts';

export const REDACT_OPTIONS = {
  redact: {
    type: 'boolean',
    default: false,
    describe:
      'local parts of addresses as keyed hashes; the key is in SMTP_ENRICH_REDACT_KEY or --redact-key, else new each time',
  },
  'redact-key': { type: 'string', describe: 'a file with the key for --redact', value: 'FILE' },
} as const satisfies OptionSpecs;

export const OUTPUT_OPTIONS = {
  output: {
    type: 'string',
    alias: 'o',
    describe: 'write to this file, whole or not at all, mode 0600',
    value: 'FILE',
  },
  ...REDACT_OPTIONS,
} as const satisfies OptionSpecs;

export const POLICY_OPTION = {
  policy: {
    type: 'string',
    default: 'standard',
    describe: `when failures put an address on the list: ${POLICY_NAMES.join(', ')}, or a JSON file`,
    value: 'NAME|FILE',
  },
} as const satisfies OptionSpecs;

/** Writes the product to the file or to standard output. */
export async function deliver(text: string | Iterable<string>, output: string | undefined, io: Io): Promise<void> {
  if (output !== undefined) await (await import('../src/sink/file.ts')).writeFileAtomically(output, text);
  else await writeParts(typeof text === 'string' ? [text] : text, io.stdout);
}

/** A built-in policy by its name, or one from a file. */
export async function policyOf(name: string): Promise<Policy> {
  const known = policyNamed(name);
  if (known !== undefined) return known;
  if (!/[./]/.test(name))
    throw new SmtpEnrichError(
      'USAGE',
      `--policy: there is no policy ${JSON.stringify(name)}`,
      `Known are ${POLICY_NAMES.join(', ')}; a file's name holds a dot or a slash.`,
    );
  return parsePolicy(await readText(name, '--policy', 'TABLE'), name);
}

/**
 * The text of a file that an option names.
 * @param code of the error where it cannot be read: for what is no input, but part of what was asked for, a usage error
 */
export async function readText(path: string, option: string, code: ErrorCode = 'IO'): Promise<string> {
  try {
    return await promises.readFile(path, 'utf8');
  } catch (error) {
    throw new SmtpEnrichError(code, `${option}: cannot read ${path}: ${whyUnreadable(error)}`, '', { cause: error });
  }
}

/** What --redact asks for; undefined where it is not asked for. */
export async function redactorOf(values: OptionValues<typeof REDACT_OPTIONS>, io: Io): Promise<Redactor | undefined> {
  const file = values['redact-key'];
  if (!values.redact && file === undefined) return undefined;
  const given =
    file === undefined ? io.env.SMTP_ENRICH_REDACT_KEY : (await readText(file, '--redact-key', 'USAGE')).trim();
  if (given !== undefined && given.length < 8)
    throw new SmtpEnrichError(
      'USAGE',
      'the key for --redact is shorter than 8 characters',
      'Try: openssl rand -hex 32',
    );
  const { createHmac, randomBytes } = await import('node:crypto');
  const key = given ?? randomBytes(32);
  // 96 bits: no two names of one mail server share a hash, and lines stay readable.
  return createRedactor((text) => createHmac('sha256', key).update(text).digest('hex').slice(0, 24));
}

/** What is known of an address, without its name. */
export function redactedAddress(known: LedgerAddress, redactor: Redactor): LedgerAddress {
  const { address } = known;
  return {
    ...known,
    address: redactor.address(address),
    entries: known.entries.map((entry) => ({
      ...entry,
      evidence: redactedEvidence(entry.evidence, address, redactor),
    })),
  };
}

/** The proof of a failure of an address, without names. */
export function redactedEvidence(evidence: FailureEvidence, address: string, redactor: Redactor): FailureEvidence {
  return {
    ...evidence,
    input: redactor.fileName(evidence.input),
    answer: redactor.text(evidence.answer, address),
    matched: redactor.text(evidence.matched, address),
  };
}

/** What is said of the inputs without names: of files, of losses, in samples of malformed lines. */
export function redactedReports(
  reports: readonly InputReport[],
  redactor: Redactor | undefined,
): readonly InputReport[] {
  if (redactor === undefined) return reports;
  return reports.map((report) => ({
    ...report,
    name: redactor.fileName(report.name),
    lost: report.lost.map((loss) => redactor.text(loss.replaceAll(report.name, redactor.fileName(report.name)))),
    malformed: report.malformed.map((sample) => ({ ...sample, text: redactor.text(sample.text) })),
    ...(report.not_understood === undefined ? {} : { not_understood: redactor.text(report.not_understood) }),
  }));
}

/** A bar on stderr where that is a terminal and the size of all inputs is known. `end` wipes it away. */
export function progressOf(io: Io): { readonly onProgress: NonNullable<EventOptions['onProgress']>; end(): void } {
  let shown = -1;
  return {
    onProgress(read, total) {
      // Small inputs are done before anyone could read it.
      if (io.stderr.isTTY !== true || total === undefined || total < 8_000_000) return;
      const done = Math.min(100, Math.floor((read / total) * 100));
      if (done === shown) return;
      shown = done;
      io.stderr.write(`\r${'█'.repeat(Math.floor(done / 4)).padEnd(25, '░')} ${String(done).padStart(3)}%`);
    },
    end() {
      if (shown >= 0) io.stderr.write('\r\x1b[K');
      shown = -1;
    },
  };
}
