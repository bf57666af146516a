/** `smtp-enrich demo`: the report on a sample that comes with the package, so that a first run shows something. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SmtpEnrichError } from '../src/event/index.ts';
import { definePipeline } from './pipeline.ts';
import report, { runReport } from './report.ts';

const SAMPLE = 'samples/maillog';

export default definePipeline({
  positional: undefined,
  options: report.options,
  examples: [
    ['smtp-enrich demo', 'the report on a bundled log'],
    ['smtp-enrich demo --format html -o demo.html', 'the same with charts'],
  ],
  run(values, _positionals, io) {
    // Its stamps name no year and no zone: said here, so that the demo is the same everywhere and every year.
    return runReport({ ...values, year: values.year ?? 2026, tz: values.tz ?? 'UTC' }, [samplePath()], io);
  },
});

/** Run from source the samples are one folder up, built they are two. */
function samplePath(): string {
  for (const up of ['../', '../../']) {
    const path = fileURLToPath(new URL(up + SAMPLE, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new SmtpEnrichError('IO', `the sample ${SAMPLE} is not there`, 'Install the package again.');
}
