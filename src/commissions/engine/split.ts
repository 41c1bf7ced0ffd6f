/** Who has a share of a deal, and how large. */
import { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import { Hold } from './hold.ts';
import type { Deal } from './input.ts';

export interface Credit {
  partner: string;
  role: string | null;
  /** Percent, exact text. */
  share: string;
}

/** @throws Hold where the plan does not say how the deal is shared, or the shares do not add up as it wants */
export function creditsOf(plan: FullPlan, deal: Deal): Credit[] {
  const listed = deal.partners ?? (deal.partner ? [{ partner: deal.partner }] : []);
  if (listed.length === 0) throw new Hold('partner-missing', `Deal ${deal.deal} names no partner.`);
  const { split } = plan;
  if (split === undefined) {
    const [only] = listed;
    if (listed.length > 1 || !only)
      throw new Hold(
        'split-not-in-plan',
        `Deal ${deal.deal} has ${listed.length} partners, and the plan does not say how a deal is shared; add "split".`,
      );
    return [{ partner: only.partner, role: roleOf(only), share: '100' }];
  }
  const credits = listed.map((one) => ({
    partner: one.partner,
    role: roleOf(one),
    share: shareOf(split.shares, one, listed, deal),
  }));
  requireSum(split.sum, credits, deal);
  return split.tie === 'partner-key' ? credits.toSorted((a, b) => (a.partner < b.partner ? -1 : 1)) : credits;
}

type Listed = { partner: string; role?: string | undefined; share?: string | undefined };

function roleOf({ role }: Listed): string | null {
  return role ?? null;
}

function shareOf(
  shares: NonNullable<FullPlan['split']>['shares'],
  one: Listed,
  all: readonly Listed[],
  deal: Deal,
): string {
  if (shares === 'equal') return new Exact(100).dividedBy(all.length).toFixed();
  if (shares === 'deal') {
    if (one.share !== undefined) return one.share;
    if (all.length === 1) return '100';
    throw new Hold('shares-missing', `Deal ${deal.deal} does not say the share of ${one.partner}.`);
  }
  const named = one.role === undefined ? undefined : shares[one.role];
  if (named !== undefined) return named;
  if (all.length === 1 && one.role === undefined) return '100';
  throw new Hold(
    'shares-missing',
    one.role === undefined
      ? `The plan shares by role, and deal ${deal.deal} says none of ${one.partner}.`
      : `The plan names no share for the role "${one.role}", which ${one.partner} has in deal ${deal.deal}.`,
  );
}

function requireSum(
  sum: NonNullable<FullPlan['split']>['sum'],
  credits: readonly Credit[],
  deal: Deal,
): void {
  const total = credits.reduce((all, { share }) => all.plus(share), new Exact(0)).toDecimalPlaces(60);
  const wrong =
    (sum === 'exactly-100' && !total.equals(100)) || (sum === 'at-most-100' && total.greaterThan(100));
  if (wrong)
    throw new Hold(
      'shares-wrong',
      `The shares of deal ${deal.deal} add up to ${total.toFixed()} %, and the plan wants ${sum === 'exactly-100' ? 'exactly' : 'at most'} 100 %.`,
    );
}

/** By whose tier and counters a shared deal is paid. */
export function leadOf(plan: FullPlan, credits: readonly Credit[], deal: Deal): Credit {
  const first = deal.partners?.[0]?.partner ?? deal.partner;
  const listed = credits.find(({ partner }) => partner === first) ?? credits[0];
  const largest = credits.reduce(
    (best, one) => (new Exact(one.share).greaterThan(best.share) ? one : best),
    listed ?? credits[0] ?? { partner: '', role: null, share: '0' },
  );
  const lead = plan.split?.lead === 'largest-share' ? largest : listed;
  if (!lead) throw new Hold('partner-missing', `Deal ${deal.deal} names no partner.`);
  return lead;
}
