/** Prints `N passed, N failed` alone on a line from jest's JSON; a test file that could not even run is a failure. */
import { readFileSync } from 'node:fs';

let results;
try {
  results = JSON.parse(readFileSync(process.argv[2], 'utf8'));
} catch {
  results = { numPassedTests: 0, numFailedTests: 1, numRuntimeErrorTestSuites: 0 };
}
const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
process.stdout.write(`${results.numPassedTests} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && results.numPassedTests > 0 ? 0 : 1;
