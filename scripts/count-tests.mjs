// Adds up vitest's JSON results and prints `N passed, N failed`. A skipped test counts as failed, and so does a run that ended
// badly without a failed test. Usage: node scripts/count-tests.mjs EXIT_CODE (RESULTS.json | NAME=passed | NAME=failed)…
import { readFileSync } from 'node:fs';

const [exitCode, ...files] = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const file of files) {
  const single = /^([\w-]+)=(passed|failed)$/.exec(file);
  if (single !== null) {
    if (single[2] === 'passed') passed++;
    else failed++;
    console.log(`${single[2]}: ${single[1]}`);
    continue;
  }
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  for (const { name, status, assertionResults, message } of testResults) {
    if (assertionResults.length === 0 && status === 'failed') {
      failed++;
      console.log(`failed to run: ${name}\n${message}`);
    }
    for (const { status: outcome, fullName } of assertionResults) {
      if (outcome === 'passed') passed++;
      else {
        failed++;
        console.log(`${outcome}: ${fullName}`);
      }
    }
  }
}
if (exitCode !== '0' && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
