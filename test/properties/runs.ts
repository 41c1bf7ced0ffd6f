/**
 * So many random cases each: few in every test run, and always the same ones, so that a failed run tells of the change and not
 * of its luck; 10,000 others by `npm run check:properties`. PROPERTY_SEED repeats a run.
 */
const { PROPERTY_RUNS: numRuns, PROPERTY_SEED: seed = numRuns === undefined ? '20261123' : undefined } =
  process.env;
export const runs = {
  numRuns: Number(numRuns ?? '60'),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
};
