import type { FileResult } from './run-file.ts';

/** Prints a table with the failing tests below it. @returns whether enough of the judged tests pass */
export function printReport(
  judged: readonly FileResult[],
  others: readonly FileResult[],
  required: number,
): boolean {
  const passed = sum(judged, 'passed');
  const own = sum(judged, 'own');
  console.log('| file | passed | own tests |\n| --- | ---: | ---: |');
  for (const result of judged) console.log(row(result));
  console.log(`| **together** | **${passed}** | **${own}** |`);
  for (const result of others) console.log(row(result));
  for (const { file, failing } of [...judged, ...others])
    for (const { name, reason } of failing) console.log(`${file}: ${name}\n    ${reason}`);
  if (passed < required) console.log(`${passed} of ${own} is less than the ${required} asked for.`);
  return passed >= required;
}

function row({ file, passed, own }: FileResult): string {
  return `| ${file} | ${passed} | ${own} |`;
}

function sum(results: readonly FileResult[], key: 'passed' | 'own'): number {
  return results.reduce((total, result) => total + result[key], 0);
}
