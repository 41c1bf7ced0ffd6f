/** So many random cases each: few in every test run, 10,000 by `npm run check:properties`. PROPERTY_SEED repeats a run. */
const { PROPERTY_RUNS: numRuns = '120', PROPERTY_SEED: seed } = process.env;
export const runs = { numRuns: Number(numRuns), ...(seed === undefined ? {} : { seed: Number(seed) }) };
