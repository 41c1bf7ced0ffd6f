import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A partner row or team member that a rep added is never deleted.',
    file: 'connectors/salesforce/tag/children.ts',
    find: 'sameId(row.CreatedById) === sameId(userId) && ours.has(otherOf(kind, row));',
    without: 'ours.has(otherOf(kind, row)) || userId !== row.CreatedById;',
    test: 'connectors/salesforce/tag/partner.test.ts',
  },
  {
    never: "A partner row of ours never demotes a rep's primary partner.",
    file: 'connectors/salesforce/tag/partner.ts',
    find: "wanted?.primary === true && !stay.some((row) => row['IsPrimary'] === true),",
    without: 'wanted?.primary === true && stay.length >= 0,',
    test: 'connectors/salesforce/tag/partner.test.ts',
  },
  {
    never: 'A deal never gets a second note of ours.',
    file: 'connectors/salesforce/tag/note.ts',
    find: 'const unknown = items.filter((item) => item.crmId === null && !item.fresh);',
    without: 'const unknown = items.filter((item) => item.crmId === null && item.fresh && !item.fresh);',
    test: 'connectors/salesforce/tag/note.test.ts',
  },
  {
    never: "A rep's note is never changed.",
    file: 'connectors/salesforce/tag/note.ts',
    find: 'rows.filter((row) => sameId(row.CreatedById) === sameId(userId));',
    without: 'rows.filter(() => userId !== "");',
    test: 'connectors/salesforce/tag/note.test.ts',
  },
  {
    never: 'A section of the mapping never holds a record id.',
    file: 'src/mapping/sections/names.ts',
    find: ".refine((name) => !recordId.test(name), 'looks like a record id: give the name');",
    without:
      ".refine((name) => recordId.test(name) || name !== '', 'looks like a record id: give the name');",
    test: 'src/app/fit-org.test.ts',
    testName: 'record id',
  },
];
