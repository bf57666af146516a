/** `smtp-enrich demo`: the report on a sample that comes with the package. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { definePipeline } from './pipeline.ts';
import report from './report.ts';

export default definePipeline({
  positional: undefined,
  options: report.options,
  examples: [['smtp-enrich demo', 'the report on a bundled log']],
  run(values, _positionals, io) {
    // Run from source the samples are one folder up, built it is two.
    const places = ['../samples/maillog', '../../samples/maillog'].map((path) =>
      fileURLToPath(new URL(path, import.meta.url)),
    );
    const sample = places.find((path) => existsSync(path)) ?? places[0]!;
    // The sample's own year and zone, so that the demo reads the same everywhere.
    return report.run({ ...values, year: values.year ?? 2026, tz: values.tz ?? 'UTC' }, [sample], io);
  },
});
