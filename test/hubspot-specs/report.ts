import type { Verdict } from './judge.ts';

/** Prints what was found; true when nothing is left and every exception was needed. */
export function printVerdict({ findings, unused, excused }: Verdict, exchanges: number): boolean {
  for (const { endpoint, side, location, message, times } of findings) {
    console.log(`${endpoint}\n  ${side}, ${location}: ${message}${times > 1 ? ` (${times} times)` : ''}`);
  }
  for (const name of unused)
    console.log(`The exception "${name}" is not needed: take it out of exceptions.ts`);
  const excuses = [...excused].map(([name, times]) => `${name} (${times})`).join(', ');
  console.log(`${exchanges} exchanges, ${findings.length} violations; excused: ${excuses || 'none'}`);
  return findings.length === 0 && unused.length === 0;
}
