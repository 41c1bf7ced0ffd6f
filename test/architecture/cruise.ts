import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

const Report = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ rule: z.object({ name: z.string() }), from: z.string(), to: z.string() })),
    ruleSetUsed: z.object({ forbidden: z.array(z.object({ name: z.string() })) }),
  }),
});

export interface Cruise {
  files: number;
  /** 'rule: from -> to', sorted. */
  violations: string[];
  rules: string[];
}

/** Runs dependency-cruiser as `npm run check:arrows` does, with the repository's rules, over the tree at `root`. */
export async function cruise(root: string, folders: readonly string[]): Promise<Cruise> {
  const program = path.join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const config = path.join(repository, '.dependency-cruiser.cjs');
  const args = [program, '--config', config, '--output-type', 'json', '--progress', 'none', ...folders];
  const { summary } = Report.parse(JSON.parse(await run(args, root)));
  return {
    files: summary.totalCruised,
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort(),
    rules: summary.ruleSetUsed.forbidden.map((rule) => rule.name),
  };
}

function run(args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      // The number of violations is the exit code; a crash leaves no report.
      if (stdout === '')
        reject(new Error(`dependency-cruiser gave no report: ${error?.message ?? ''}\n${stderr}`));
      else resolve(stdout);
    });
  });
}
