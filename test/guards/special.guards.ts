import type { Guard } from './guard.ts';

const attach = 'test/special/attach.test.ts';

export const guards: readonly Guard[] = [
  {
    never: 'An attached deal never writes name, amount, stage, owner or account of the opportunity.',
    file: 'workers/prepare-attached.ts',
    find: '.filter((row) => row.attach)',
    without: '',
    test: attach,
    testName: 'writes registration, partner and protection fields',
  },
  {
    never:
      'A mapping is never read that would write a field of the rep into an opportunity the rep had before.',
    file: 'src/mapping/check-attach-rows.ts',
    find: 'if (theirs.has(row.to)) return',
    without: 'if (theirs.has(`${row.to} of nobody`)) return',
    test: 'src/mapping/check-attach-rows.test.ts',
  },
  {
    never: 'A registration is never attached to an opportunity that carries another one.',
    file: 'src/mirror/attach/read-target.ts',
    find: "if (holder !== null && holder !== '' && holder !== dealId)",
    without: "if (holder === '')",
    test: attach,
    testName: 'is refused where the opportunity is closed',
  },
  {
    never: "An attached deal's first write never replaces another registration's key.",
    file: 'workers/check-attached.ts',
    find: 'await refuseForeign(batch, item, snapshots[index]);',
    without: 'await refuseForeign(batch, item, undefined && snapshots[index]);',
    test: attach,
    testName: 'leaves alone an opportunity that got the key',
  },
  {
    never: 'An attached deal never asks for an account or a contact to be made.',
    file: 'src/mirror/attach/attach-deal.ts',
    find: '  await dropUnusedReferences(tx, dealId, connectionId);\n',
    without: '',
    test: attach,
    testName: 'writes registration, partner and protection fields',
  },
  {
    never: 'A deleted opportunity that a deal was attached to is never created anew.',
    file: 'src/mirror/redrive.ts',
    find: ' AND NOT ${isAttached}\n',
    without: '\n',
    test: attach,
    testName: 'is made by nobody',
  },
  {
    never: 'A copied opportunity is never taken for a renewal by the tag it carries.',
    file: 'connectors/salesforce/unregistered.ts',
    find: "renewal: typeof kind === 'string' && renewals?.values.includes(kind) === true,",
    without: 'renewal: kind !== 0,',
    test: 'test/special/copies.test.ts',
  },
  {
    never: 'A renewal is never registered twice.',
    file: 'src/app/register-renewal.ts',
    find: ' || (await isKnown(app.db, ref, connection.id, deal.crmId))',
    without: '',
    test: 'test/special/copies.test.ts',
  },
  {
    never: 'A look for conflicts never stops an approval.',
    file: 'src/app/find-conflicts.ts',
    find: 'return { connection: id, records: [], notAsked: error.details.plain };',
    without: 'throw error;',
    test: 'test/special/conflicts.test.ts',
    testName: 'approves all the same',
  },
  {
    never: 'A cent of the amount is never in no base of the commission.',
    file: 'src/commissions/bases.ts',
    find: '...difference(plan, lines, basis)]',
    without: ']',
    test: 'test/money/line-items.test.ts',
  },
  {
    never: 'A deal the partner did not bring never earns without a rule of the plan.',
    file: 'src/commissions/calculate.ts',
    find: 'if (rule === undefined) {',
    without: 'if (rule === undefined) return amount;\n  if (percentFor === undefined) {',
    test: 'test/money/line-items.test.ts',
    testName: 'waits for a rule',
  },
];
