/** So many random cases each: few in every test run, 10,000 by `npm run check:properties`. */
export const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 120) };
