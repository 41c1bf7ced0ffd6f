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
  {
    never: 'The owner of a deal that is there is never changed.',
    file: 'workers/assign-owners.ts',
    find: "item.crmId === null && item.view.recordKind === 'deal'",
    without: "item.view.recordKind === 'deal'",
    test: 'workers/assign-owners.test.ts',
    testName: 'a deal that is there',
  },
  {
    never: 'A deal that is tried again never takes another turn.',
    file: 'src/mirror/owner-turns.ts',
    find: 'const open = dealIds.filter((dealId) => !owners.has(dealId));',
    without: 'const open = dealIds;',
    test: 'workers/assign-owners.test.ts',
    testName: 'turns',
  },
  {
    never: 'A note that somebody deleted is never put back.',
    file: 'workers/tag-deals.ts',
    find: 'before?.crmId === null ||',
    without: '',
    test: 'workers/tag-deals.test.ts',
  },
];
