import type { VariableName } from './variables.ts';

export interface ConfigProblem {
  variable: VariableName;
  problem: string;
}

/** Everything that is wrong with the environment, by variable. Never repeats the value of a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, problem }) => `  ${variable}: ${problem}`);
    super(
      `the configuration has ${problems.length} mistake${problems.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
    );
    this.problems = problems;
  }
}
