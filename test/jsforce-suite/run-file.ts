import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** How one test file fared. */
export interface FileResult {
  file: string;
  passed: number;
  /** Tests written in the file itself; a helper it imports brings another file's tests along. */
  own: number;
  failing: { name: string; reason: string }[];
}

const Results = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(
        z.object({ title: z.string(), status: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
});

/** Runs the own tests of one file of the copy. Rejects when the test runner says nothing. */
export async function runFile(
  folder: string,
  file: string,
  environment: Record<string, string>,
): Promise<FileResult> {
  const name = `test/${file}.test.ts`;
  const titles = ownTitles(await readFile(path.join(folder, name), 'utf8'));
  const output = path.join(folder, `${file}.results.json`);
  const pattern = `(${[...new Set(titles)].map(escape).join('|')})$`;
  const args = [
    `${name}$`,
    '--forceExit',
    '--json',
    `--outputFile=${output}`,
    `--testNamePattern=${pattern}`,
  ];
  const printed = await runJest(folder, args, environment);
  const results = Results.parse(
    JSON.parse(await readFile(output, 'utf8').catch(() => noResults(file, printed))),
  );
  return summarize(file, titles, results);
}

function noResults(file: string, printed: string): never {
  throw new Error(`jest gave no results for ${file}:\n${printed}`);
}

function ownTitles(source: string): string[] {
  return [...source.matchAll(/^\s*it\(\s*(['"`])(.*?)\1,/gm)].map(([, , title = '']) => title);
}

function escape(title: string): string {
  return title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function runJest(folder: string, args: string[], environment: Record<string, string>): Promise<string> {
  const jest = path.join(folder, 'node_modules/.bin/jest');
  const options = { cwd: folder, env: { ...plainEnvironment(), ...environment }, maxBuffer: 1 << 26 };
  // Failing tests end it with 1; what they were is in the file.
  return new Promise((resolve) =>
    execFile(jest, args, options, (_error, stdout, stderr) => resolve(stdout + stderr)),
  );
}

/** jsforce honours proxies but not NO_PROXY, and its suite retries on CI: neither is wanted here. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(https?_proxy|all_proxy|ci|node_options)$/i.test(name)),
  );
}

function summarize(file: string, titles: readonly string[], results: z.infer<typeof Results>): FileResult {
  const ran = results.testResults
    .flatMap((result) => result.assertionResults)
    .filter(({ title }) => titles.includes(title));
  const passed = ran.filter(({ status }) => status === 'passed').length;
  const failing = ran
    .filter(({ status }) => status !== 'passed')
    .map(({ title, status, failureMessages }) => ({
      name: title,
      reason: firstLine(failureMessages[0]) ?? status,
    }));
  const missing = titles.length - ran.length;
  if (missing > 0) {
    const reason = firstLine(results.testResults[0]?.message) ?? 'not run';
    failing.push({ name: `${missing} tests that were not run`, reason });
  }
  return { file, passed, own: titles.length, failing };
}

function firstLine(message: string | undefined): string | undefined {
  return message
    ?.split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '');
}
