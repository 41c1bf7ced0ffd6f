import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'No process makes a call that would exceed what the CRM allows all of them together.',
    file: 'src/app/calls/turn-table.ts',
    find: 'wasSent ? lengthMs + marginMs : 0',
    without: 'wasSent ? lengthMs / 2 : 0',
    test: 'src/app/calls/share-calls.test.ts',
    testName: 'keep within the limit',
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
