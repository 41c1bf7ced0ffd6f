import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A field of the rep is never written again after the record was created.',
    file: 'src/mapping/evaluate.ts',
    find: "if (row.when === 'create' && !creating) continue;",
    without: '',
    test: 'src/mapping/evaluate.test.ts',
  },
];
