import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A change under our own name is never skipped before somebody looked: a flow travels under it.',
    file: 'src/observations/raise-hints.ts',
    find: 'h.echo AND coalesce(o.as_of > h."committedAt", false) AS echo',
    without: 'h.echo AS echo',
    test: 'src/observations/raise-hints.test.ts',
  },
  {
    never: 'A field that the CRM keeps changing is never fought over.',
    file: 'src/ownership/judge-fields.ts',
    find: "if (known !== undefined || wasRestored || row.drift === 'report') {",
    without: "if (row.drift === 'report') {",
    test: 'test/ownership/reading-back.test.ts',
  },
  {
    never: 'A record read before or while it was written is never taken for what became of the write.',
    file: 'src/ownership/see-fields.ts',
    find: 'return memory && memory.revision === revisions.get(record.crmId)',
    without: 'return memory',
    test: 'test/ownership/reading-back.test.ts',
  },
];
