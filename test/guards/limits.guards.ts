import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'No process makes a call that would exceed what the CRM allows all of them together.',
    file: 'src/app/calls/turn-table.ts',
    find: 'answeredMs === null ? 0 : lengthMs + marginMs',
    without: 'answeredMs === null ? 0 : lengthMs / 2',
    test: 'src/app/calls/share-calls.test.ts',
    testName: 'keep within the limit',
  },
  {
    never: 'A turn is never free before a whole window has passed since its answer.',
    file: 'src/app/calls/turn-table.ts',
    find: "least(clock_timestamp(), taken_at + $6::float8 * interval '1 millisecond')",
    without: "least(taken_at, taken_at + $6::float8 * interval '1 millisecond')",
    test: 'src/app/calls/share-calls.test.ts',
    testName: 'are free a window after the answer',
  },
  {
    never: 'A call whose answer got lost never makes room for another one at once.',
    file: 'connectors/hubspot/limits.ts',
    find: "if (failure instanceof NoAnswer && failure.reason === 'not-sent')",
    without: 'if (failure instanceof NoAnswer)',
    test: 'connectors/hubspot/limits.test.ts',
    testName: 'count a call whose answer got lost',
  },
];
