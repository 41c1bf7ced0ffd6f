import type { z } from 'zod';

/** Of our values, what a record that a rep had before may be told: the registration, the partner, the protection. */
const attachable: ReadonlySet<string> = new Set([
  'deal.id',
  'deal.version',
  'deal.registrationUrl',
  'deal.protectedUntil',
  'deal.source',
  'deal.sourceRef',
  'deal.influence',
  'deal.partnerSourced',
  'partner.key',
  'partner.name',
  'partner.tier',
  'refs.partner',
]);

/** What is read back under these names is the rep's own. */
const repsOwn: ReadonlySet<string> = new Set([
  'amount',
  'currency',
  'stage',
  'pipeline',
  'closeDate',
  'owner',
]);

interface Rows {
  write: readonly { to: string; from?: string | undefined; when: string; attach: boolean }[];
  read: readonly { to: string; from: string }[];
}

/** Refuses a mapping that would write a name, amount, stage, owner or account into a record that a rep had before. */
export function checkAttachRows(
  { deal, target, lead }: { deal: Rows; target: string; lead?: unknown },
  context: z.RefinementCtx,
): void {
  if (target === 'lead' && lead === undefined)
    context.addIssue({ code: 'custom', path: ['lead'], message: 'is missing: target is lead' });
  const theirs = new Set(deal.read.filter((row) => repsOwn.has(row.to)).map((row) => row.from));
  deal.write.forEach((row, index) => {
    if (!row.attach) return;
    const fault = faultOf(row, theirs);
    if (fault !== null)
      context.addIssue({ code: 'custom', path: ['deal', 'write', index, 'attach'], message: fault });
  });
}

function faultOf(row: Rows['write'][number], theirs: ReadonlySet<string>): string | null {
  if (row.when === 'create') return 'a row written at creation only cannot be attached';
  if (theirs.has(row.to)) return `${row.to} belongs to the rep of an existing record`;
  if (row.from !== undefined && !attachable.has(row.from))
    return `${row.from} is not written to an existing record: only registration, partner and protection are`;
  return null;
}
