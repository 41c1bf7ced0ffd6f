/**
 * Runs a plan over deals in the order of time. Pure: no database, no clock, and bounded memory where the deals come one after
 * the other: sums of the open period, and what a clawback may still take back.
 */
import { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import { countEvent, counterKey, quotaOf, type CountingPartner, type Windows } from './attainment.ts';
import { closePeriod, type Balance, type Collected } from './close-period.ts';
import { addSpan, dayOf, periodOf, type Stretch } from './days.ts';
import { Directory } from './directory.ts';
import { earn, type Earned } from './earn.ts';
import { eventsOf, inOrder, type DealEvent } from './events.ts';
import { ExchangeTable, type KnownRate } from './exchange.ts';
import { factsOf } from './facts.ts';
import { Hold } from './hold.ts';
import type { Deal, Partner, State } from './input.ts';
import { releasesOf } from './release.ts';
import type { Entry, HeldEvent, PeriodResult } from './results.ts';
import { scaleOf } from './round.ts';
import type { Reading, Setting } from './setting.ts';
import { sharePay, type Paid } from './share-pay.ts';
import { creditsOf, leadOf, type Credit } from './split.ts';
import { Tally } from './tally.ts';
import { takeBack, type Standing } from './take-back.ts';
import { passes } from './test-conditions.ts';

export interface RunOptions {
  partners?: readonly Partner[] | undefined;
  state?: State | undefined;
  /** Besides those of the plan. */
  rates?: readonly KnownRate[] | undefined;
  onEntry(entry: Entry): void;
  onHeld(held: HeldEvent): void;
  onPeriod(period: PeriodResult): void;
}

type PeriodKind = 'month' | 'quarter' | 'year';
type Base = Omit<Setting, 'book' | 'earned'>;

export class PlanRun {
  readonly #plan: FullPlan;
  readonly #options: RunOptions;
  readonly #directory: Directory;
  readonly #exchange: ExchangeTable;
  readonly #tally = new Tally();
  readonly #windows: Windows = new Map();
  /** Events that were not reached yet, in order. */
  #waiting: DealEvent[] = [];
  #entries = 0;
  readonly #standing = new Map<string, Standing[]>();
  readonly #balances = new Map<string, Balance>();
  /** partner|currency|payout period → what came together in it. */
  readonly #collected = new Map<string, Collected>();
  readonly #seen = new Set<string>();
  readonly #open = new Map<PeriodKind, Stretch>();

  constructor(plan: FullPlan, options: RunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#directory = new Directory(options.partners ?? []);
    const rates = [...(plan.exchange?.rates ?? []), ...(options.rates ?? [])];
    this.#exchange = new ExchangeTable(rates, plan.exchange?.inverse === 'allowed');
    this.#takeOver(options.state);
  }

  /** Deals in any order, as long as none begins before an event that was reached. */
  add(deals: readonly Deal[]): void {
    const events = deals.flatMap(eventsOf).sort(inOrder);
    if (events.length === 0) return;
    const isAfter =
      this.#waiting.length === 0 ||
      inOrder(this.#waiting.at(-1) ?? (events[0] as DealEvent), events[0] as DealEvent) <= 0;
    this.#waiting.push(...events);
    if (!isAfter) this.#waiting.sort(inOrder);
  }

  /** Takes every event before this day. */
  advance(day: string): void {
    let done = 0;
    for (const event of this.#waiting) {
      if (event.day >= day) break;
      this.#closeBefore(event.day);
      this.#handle(event);
      done += 1;
    }
    if (done > 0) this.#waiting = this.#waiting.slice(done);
  }

  /** Takes what is left and closes the periods. @param asOf nothing after this day is looked at; a period that ends on it is closed */
  finish(asOf?: string): void {
    if (asOf !== undefined) {
      const next = addSpan(asOf, { days: 1 });
      this.advance(next);
      this.#closeBefore(next);
      return;
    }
    const last = this.#waiting.at(-1)?.day;
    this.advance('9999-12-31');
    const ends = [...this.#open.values()].map(({ to }) => to);
    const end = ends.toSorted().at(-1);
    if (end !== undefined && last !== undefined) this.#closeBefore(addSpan(end, { days: 1 }));
  }

  /** What is earned and not payable yet, with the day it will be, as far as that is known. */
  pending(): { partner: string; deal: string | null; at: string | null; amount: Exact; currency: string }[] {
    return this.#notReleased;
  }
  #notReleased: {
    partner: string;
    deal: string | null;
    at: string | null;
    amount: Exact;
    currency: string;
  }[] = [];

  counters(): { counter: string; of: string; period: string; value: Exact }[] {
    return this.#tally.entries('counter|').map(([key, value]) => {
      const [, counter = '', of = '', , period = ''] = key.split('|');
      return { counter, of, period, value };
    });
  }

  balances(): { partner: string; currency: string; carried: Exact; draw: Exact }[] {
    return [...this.#balances].map(([key, balance]) => {
      const [partner = '', currency = ''] = key.split('|');
      return { partner, currency, ...balance };
    });
  }

  #handle(event: DealEvent): void {
    const { deal } = event;
    try {
      if (!this.#isInEffect(deal)) {
        const { plan, version } = this.#plan;
        if (event.kind === 'won')
          throw new Hold(
            'no-plan-in-effect',
            `Plan ${plan} version ${version} is not in effect on ${dayOf(deal.wonAt)}.`,
          );
        return;
      }
      if (event.kind === 'refund' || event.kind === 'cancel') this.#takeBack(event);
      else this.#earn(event);
      this.#tally.commit();
    } catch (thrown) {
      this.#tally.rollback();
      if (!(thrown instanceof Hold)) throw thrown;
      const partner = deal.partner ?? deal.partners?.[0]?.partner ?? null;
      this.#options.onHeld({
        deal: deal.deal,
        partner,
        event: event.kind,
        at: event.at,
        reason: thrown.reason,
        explanation: thrown.message,
      });
    }
  }

  #isInEffect({ wonAt }: Deal): boolean {
    const day = dayOf(wonAt);
    const { effectiveFrom, effectiveTo } = this.#plan;
    return effectiveFrom <= day && (effectiveTo === undefined || day < effectiveTo);
  }

  #earn(event: DealEvent): void {
    const credits = creditsOf(this.#plan, event.deal);
    const settings = credits.map((credit) => this.#baseFor(event, credit));
    const eligible = settings.filter(({ facts }) => passes(this.#plan.when, facts));
    if (eligible.length === 0) return;
    const counting: CountingPartner[] = settings.map((base, index) => ({
      setting: { ...base, share: '100', earned: [], book: nobody },
      role: credits[index]?.role ?? null,
      share: credits[index]?.share ?? '100',
    }));
    const readings = countEvent(this.#plan, this.#windows, counting);
    for (const base of settings) base.readings = readings.get(base.partner) ?? new Map();
    const paid = this.#paidFor(event, credits, settings);
    for (const one of paid) this.#post(event, one);
    this.#fillWindows(event, counting, readings);
    for (const { partner } of credits) this.#seen.add(partner);
  }

  #paidFor(event: DealEvent, credits: readonly Credit[], settings: readonly Base[]): Paid[] {
    const plan = this.#plan;
    const sharing = { plan, directory: this.#directory, credits };
    if (plan.split?.of === 'basis') {
      const all = settings.flatMap((base) =>
        earn(plan, base, base.partner).map((earned) => ({ earned, base })),
      );
      return groupPay(all).flatMap(({ base, earned }) => sharePay({ ...sharing, base }, earned));
    }
    const lead = leadOf(plan, credits, event.deal);
    const base = settings.find(({ partner }) => partner === lead.partner) ?? settings[0];
    if (!base) return [];
    return sharePay(
      { ...sharing, base: { ...base, share: '100' } },
      earn(plan, { ...base, share: '100' }, 'deal'),
    );
  }

  #baseFor(event: DealEvent, { partner, role, share }: Credit): Base {
    const directory = this.#directory.get(partner);
    const own = this.#directory.tierOn(partner, tierDay(this.#plan, event));
    // What the deal itself says stands above the partner's history.
    const stated =
      event.deal.tier !== undefined &&
      event.deal.tier !== null &&
      partner === (event.deal.partner ?? event.deal.partners?.[0]?.partner);
    const tier = stated ? (event.deal.tier ?? null) : (own?.tier ?? null);
    const seen = stated || own === null ? event : { ...event, deal: { ...event.deal, tierSince: own.since } };
    const facts = factsOf({ event: seen, partner, role, tier, directory });
    return {
      plan: this.#plan,
      tally: this.#tally,
      exchange: this.#exchange,
      event: seen,
      partner,
      directory,
      facts,
      share: this.#plan.split?.of === 'basis' ? share : '100',
      readings: new Map(),
    };
  }

  #fillWindows(
    event: DealEvent,
    counting: readonly CountingPartner[],
    readings: ReadonlyMap<string, ReadonlyMap<string, Reading>>,
  ): void {
    const done = new Set<string>();
    for (const [name, counter] of Object.entries(this.#plan.counters ?? {})) {
      if (typeof counter.per !== 'object') continue;
      const { rolling } = counter.per;
      for (const { setting } of counting) {
        const reading = readings.get(setting.partner)?.get(name);
        const key = reading?.key.slice(0, -`|${event.day}`.length);
        if (!reading || key === undefined || done.has(key)) continue;
        done.add(key);
        const kept = (this.#windows.get(key) ?? []).filter(({ day }) => addSpan(day, rolling) > event.day);
        const value = reading.after.minus(reading.before);
        this.#windows.set(key, value.isZero() ? kept : [...kept, { day: event.day, value }]);
      }
    }
  }

  #post(event: DealEvent, { earned, partner, role, amount, uncapped, currency, book }: Paid): void {
    const plan = this.#plan;
    const scale = plan.rounding.stage === 'period' ? null : scaleOf(plan.rounding.scale, currency);
    const entry: Entry = {
      id: ++this.#entries,
      deal: event.deal.deal,
      partner,
      role,
      rule: earned.rule.rule,
      label: earned.rule.label ?? earned.rule.rule,
      kind: 'earned',
      event: event.kind,
      at: event.at,
      part: event.id ?? null,
      amount,
      currency,
      uncapped,
      corrects: null,
      releases: releasesOf(plan, event, amount, scale),
      explanation: book.sentence,
      steps: book.steps,
    };
    this.#sumUp(entry);
    if (plan.clawback !== undefined && plan.clawback !== 'none') {
      const list = this.#standing.get(event.deal.deal) ?? [];
      list.push({ entry, takenBack: new Exact(0) });
      this.#standing.set(event.deal.deal, list);
    }
    this.#collectReleases(entry);
    this.#options.onEntry(entry);
  }

  /** For rules of a period that are taken of commission. */
  #sumUp({ rule, partner, currency, amount, at }: Entry): void {
    for (const per of ['month', 'quarter', 'year'] as const)
      if (this.#plan.rules.some(({ earnOn, basis }) => earnOn === per && basis.of === 'commission'))
        this.#tally.add(
          `earned|${rule}|${partner}|${currency}|${periodOf(dayOf(at), per, this.#plan.yearStartsIn).name}`,
          amount,
        );
  }

  #collectReleases(entry: Entry): void {
    const { payout } = this.#plan;
    this.#seen.add(entry.partner);
    if (payout === undefined) return;
    const period = periodOf(dayOf(entry.at), payout.per, this.#plan.yearStartsIn);
    const own = this.#collectedIn(entry.partner, entry.currency, period.name);
    own.earned = own.earned.plus(entry.amount);
    for (const { at, amount } of entry.releases) {
      if (at !== null && at <= period.to) continue;
      own.heldBack = own.heldBack.plus(amount);
      if (at === null) {
        this.#notReleased.push({
          partner: entry.partner,
          deal: entry.deal,
          at,
          amount,
          currency: entry.currency,
        });
        continue;
      }
      const later = this.#collectedIn(
        entry.partner,
        entry.currency,
        periodOf(at, payout.per, this.#plan.yearStartsIn).name,
      );
      later.released = later.released.plus(amount);
    }
  }

  #collectedIn(partner: string, currency: string, period: string): Collected {
    const key = `${partner}|${currency}|${period}`;
    const known = this.#collected.get(key);
    if (known) return known;
    const zero = new Exact(0);
    const fresh = { earned: zero, heldBack: zero, released: zero, clawedBack: zero };
    this.#collected.set(key, fresh);
    return fresh;
  }

  #takeBack(event: DealEvent): void {
    const standing = this.#standing.get(event.deal.deal) ?? [];
    for (const { of, clawback, voided, book } of takeBack(this.#plan, event, standing)) {
      of.takenBack = of.takenBack.plus(clawback).plus(voided);
      if (clawback.greaterThan(0)) this.#postBack(event, of.entry, 'clawback', clawback, book);
      if (voided.greaterThan(0)) this.#postBack(event, of.entry, 'voided', voided, book);
    }
  }

  #postBack(
    event: DealEvent,
    of: Entry,
    kind: 'clawback' | 'voided',
    amount: Exact,
    book: { sentence: string; steps: Entry['steps'] },
  ): void {
    const entry: Entry = {
      ...of,
      id: ++this.#entries,
      kind,
      event: event.kind,
      at: event.at,
      amount: amount.negated(),
      uncapped: amount.negated(),
      corrects: of.id,
      releases: [],
      explanation: book.sentence,
      steps: book.steps,
    };
    const { payout } = this.#plan;
    if (payout) {
      const own = this.#collectedIn(
        of.partner,
        of.currency,
        periodOf(event.day, payout.per, this.#plan.yearStartsIn).name,
      );
      if (kind === 'clawback') own.clawedBack = own.clawedBack.plus(amount);
      else this.#withhold(of, amount, event.day);
    }
    this.#options.onEntry(entry);
  }

  /** What was to be released later is not, latest first. */
  #withhold(entry: Entry, amount: Exact, day: string): void {
    const { payout } = this.#plan;
    if (!payout) return;
    let left = amount;
    for (const release of entry.releases.toReversed()) {
      if (left.isZero()) return;
      const part = Exact.min(left, release.amount);
      if (release.at === null) {
        const waiting = this.#notReleased.find(
          (one) => one.deal === entry.deal && one.partner === entry.partner && one.at === null,
        );
        if (waiting) waiting.amount = waiting.amount.minus(part);
      } else {
        const period = periodOf(release.at > day ? release.at : day, payout.per, this.#plan.yearStartsIn);
        const own = this.#collectedIn(entry.partner, entry.currency, period.name);
        const isSame = periodOf(dayOf(entry.at), payout.per, this.#plan.yearStartsIn).name === period.name;
        if (isSame) own.earned = own.earned.minus(part);
        else own.released = own.released.minus(part);
      }
      release.amount = release.amount.minus(part);
      left = left.minus(part);
    }
    this.#notReleased = this.#notReleased.filter(({ amount: rest }) => !rest.isZero());
  }

  /** Closes every period that ends before this day, in the order of their ends. */
  #closeBefore(day: string): void {
    for (const kind of this.#kinds())
      if (!this.#open.has(kind))
        this.#open.set(kind, periodOf(this.#began ?? day, kind, this.#plan.yearStartsIn));
    this.#began ??= day;
    for (;;) {
      const due = [...this.#open]
        .filter(([, { to }]) => to < day)
        .toSorted((a, b) => (a[1].to < b[1].to ? -1 : a[1].to > b[1].to ? 1 : rank(a[0]) - rank(b[0])))[0];
      if (due === undefined) return;
      const [kind, stretch] = due;
      this.#earnOfPeriod(kind, stretch);
      if (this.#plan.rules.some(({ earnOn }) => earnOn === kind)) this.#markClosed(kind);
      if (this.#plan.payout?.per === kind) this.#pay(stretch);
      this.#tally.forget(stretch.name);
      this.#open.set(kind, periodOf(addSpan(stretch.to, { days: 1 }), kind, this.#plan.yearStartsIn));
    }
  }
  #began: string | null = null;

  #kinds(): PeriodKind[] {
    const used = new Set<string>([
      ...this.#plan.rules.map(({ earnOn }) => earnOn),
      ...(this.#plan.payout ? [this.#plan.payout.per] : []),
      ...Object.values(this.#plan.counters ?? {}).flatMap(({ per }) =>
        typeof per === 'string' ? [per] : [],
      ),
      ...[...(this.#plan.limits ?? []), ...this.#plan.rules.flatMap(({ limits }) => limits ?? [])].map(
        ({ per }) => per,
      ),
    ]);
    return (['month', 'quarter', 'year'] as const).filter((kind) => used.has(kind));
  }

  /** Rules that are earned once a period, for every partner that is known. */
  #earnOfPeriod(kind: PeriodKind, stretch: Stretch): void {
    if (!this.#plan.rules.some(({ earnOn }) => earnOn === kind)) return;
    this.#closeStood(kind, stretch);
    for (const partner of [...new Set([...this.#seen, ...this.#directory.keys()])].toSorted()) {
      const event = periodEvent(kind, stretch, partner, this.#plan.currency);
      try {
        const base = this.#baseFor(event, { partner, role: null, share: '100' });
        base.share = '100';
        base.readings = this.#readingsAt(base, stretch, kind);
        const all = earn(this.#plan, base, partner, this.#earnedIn(partner, stretch));
        const credits = [{ partner, role: null, share: '100' }];
        for (const one of sharePay(
          { plan: withoutSplit(this.#plan), directory: this.#directory, credits, base },
          all,
        ))
          this.#post(event, one);
        this.#tally.commit();
      } catch (thrown) {
        this.#tally.rollback();
        if (!(thrown instanceof Hold)) throw thrown;
        this.#options.onHeld({
          deal: null,
          partner,
          event: kind,
          at: stretch.to,
          reason: thrown.reason,
          explanation: thrown.message,
        });
      }
    }
  }

  /** What stood before the first period of the input belongs to periods that are closed. */
  #closeStood(kind: PeriodKind, { from }: Stretch): void {
    if (this.#stoodClosed.has(kind)) return;
    this.#stoodClosed.add(kind);
    for (const { key, at, value } of this.#stood)
      if (at < from) this.#tally.add(`closed|${kind}|${key}`, value);
    this.#tally.commit();
  }
  readonly #stoodClosed = new Set<PeriodKind>();
  readonly #stood: { key: string; at: string; value: Exact }[] = [];

  /** Where counters stand now is where the next period of this kind begins. */
  #markClosed(kind: PeriodKind): void {
    for (const [key, value] of this.#tally.entries('counter|')) {
      const closed = `closed|${kind}|${key}`;
      this.#tally.add(closed, value.minus(this.#tally.get(closed)));
    }
    this.#tally.commit();
  }

  #earnedIn(partner: string, stretch: Stretch): Setting['earned'] {
    return this.#tally
      .entries('earned|')
      .filter(([key]) => key.endsWith(`|${stretch.name}`) && key.split('|')[2] === partner)
      .map(([key, amount]) => ({ rule: key.split('|')[1] ?? '', amount, currency: key.split('|')[3] ?? '' }));
  }

  #readingsAt(base: Base, stretch: Stretch, kind: PeriodKind): Map<string, Reading> {
    const readings = new Map<string, Reading>();
    for (const [name, counter] of Object.entries(this.#plan.counters ?? {})) {
      const scope =
        counter.scope === 'partner'
          ? base.partner
          : counter.scope === 'parent'
            ? (base.directory?.parent ?? base.partner)
            : counter.scope === 'everybody'
              ? '*'
              : counter.scope === 'tier'
                ? base.facts('tier')
                : base.facts('region');
      if (scope === null) continue;
      const key = counterKey(this.#plan, name, counter, scope, '', stretch.to, '');
      const value =
        typeof counter.per === 'object'
          ? this.#windowSum(key, counter.per.rolling, stretch.to)
          : this.#tally.get(key);
      const setting: Setting = { ...base, book: nobody, earned: [] };
      const usesQuota =
        counter.quota !== undefined &&
        (counter.quota !== 'partner' || base.directory?.quotas?.[name] !== undefined);
      readings.set(name, {
        before: typeof counter.per === 'object' ? new Exact(0) : this.#tally.get(`closed|${kind}|${key}`),
        after: value,
        quota: usesQuota ? quotaOf(this.#plan, name, counter, setting) : null,
        key,
      });
    }
    return readings;
  }

  #windowSum(key: string, rolling: Parameters<typeof addSpan>[1], day: string): Exact {
    return (this.#windows.get(key) ?? [])
      .filter((one) => addSpan(one.day, rolling) > day)
      .reduce((sum, { value }) => sum.plus(value), new Exact(0));
  }

  #pay(stretch: Stretch): void {
    const { payout } = this.#plan;
    if (!payout) return;
    const currencies = new Map<string, Set<string>>();
    const note = (partner: string, currency: string): void =>
      void currencies.set(partner, (currencies.get(partner) ?? new Set()).add(currency));
    for (const key of this.#collected.keys()) {
      const [partner = '', currency = '', period] = key.split('|');
      if (period === stretch.name) note(partner, currency);
    }
    for (const key of this.#balances.keys()) note(key.split('|')[0] ?? '', key.split('|')[1] ?? '');
    if (payout.draw && this.#plan.currency !== 'deal')
      for (const partner of [...this.#seen, ...this.#directory.keys()]) note(partner, this.#plan.currency);
    for (const partner of [...currencies.keys()].toSorted())
      for (const currency of [...(currencies.get(partner) ?? [])].toSorted())
        this.#payOne(payout, stretch, partner, currency);
  }

  #payOne(
    payout: NonNullable<FullPlan['payout']>,
    stretch: Stretch,
    partner: string,
    currency: string,
  ): void {
    const zero = new Exact(0);
    const key = `${partner}|${currency}`;
    const collected = this.#collected.get(`${key}|${stretch.name}`) ?? {
      earned: zero,
      heldBack: zero,
      released: zero,
      clawedBack: zero,
    };
    const balance = this.#balances.get(key) ?? { carried: zero, draw: zero };
    try {
      const closing = {
        plan: this.#plan,
        payout,
        partner,
        directory: this.#directory.get(partner),
        period: stretch,
        currency,
        exchange: this.#exchange,
      };
      const { result, next } = closePeriod(closing, balance, collected);
      if (next.carried.isZero() && next.draw.isZero()) this.#balances.delete(key);
      else this.#balances.set(key, next);
      this.#options.onPeriod(result);
    } catch (thrown) {
      if (!(thrown instanceof Hold)) throw thrown;
      // Nothing is lost: what came together is carried into the next period.
      const carried = balance.carried
        .plus(collected.earned)
        .plus(collected.released)
        .minus(collected.heldBack)
        .minus(collected.clawedBack);
      this.#balances.set(key, { ...balance, carried });
      this.#options.onHeld({
        deal: null,
        partner,
        event: 'payout',
        at: stretch.to,
        reason: thrown.reason,
        explanation: thrown.message,
      });
    }
    this.#collected.delete(`${key}|${stretch.name}`);
  }

  /** What stood before the first deal. */
  #takeOver(state: State | undefined): void {
    if (state === undefined) return;
    const plan = this.#plan;
    for (const { counter: name, of, at, value } of state.counters ?? []) {
      const counter = plan.counters?.[name];
      if (!counter) continue;
      const key = counterKey(plan, name, counter, of ?? '*', '', at, '');
      if (typeof counter.per === 'object')
        this.#windows.set(key, [...(this.#windows.get(key) ?? []), { day: at, value: new Exact(value) }]);
      else {
        this.#tally.add(key, new Exact(value));
        this.#stood.push({ key, at, value: new Exact(value) });
      }
    }
    for (const one of state.earned ?? []) this.#takeOverEarned(one);
    for (const { partner, currency, carried, draw } of state.balances ?? [])
      this.#balances.set(`${partner}|${currency}`, {
        carried: new Exact(carried ?? '0'),
        draw: new Exact(draw ?? '0'),
      });
    for (const one of state.entries ?? []) this.#takeOverEntry(one);
    this.#tally.commit();
  }

  #takeOverEarned({
    rule: name,
    partner,
    at,
    basis,
    quantity,
    amount,
    currency,
  }: NonNullable<State['earned']>[number]): void {
    const plan = this.#plan;
    const of = currency ?? (plan.currency === 'deal' ? '' : plan.currency);
    const rule = plan.rules.find((one) => one.rule === name);
    for (const { per } of (rule ? rule.limits : plan.limits) ?? []) {
      const period =
        per === 'ever'
          ? 'ever'
          : per === 'month' || per === 'quarter' || per === 'year'
            ? periodOf(at, per, plan.yearStartsIn).name
            : null;
      if (period !== null)
        this.#tally.add(`limit|${name ?? '*'}|${partner}|${of}|${period}`, new Exact(amount));
    }
    if (!rule) return;
    const measure = rule.rate.bands?.on ?? rule.rate.points?.on ?? rule.gate?.on;
    const counterName = typeof measure === 'object' && 'counter' in measure ? measure.counter : undefined;
    const counter = counterName === undefined ? undefined : plan.counters?.[counterName];
    if (counterName === undefined || counter === undefined) return;
    const scope =
      counter.scope === 'parent'
        ? (this.#directory.get(partner)?.parent ?? partner)
        : counter.scope === 'everybody'
          ? '*'
          : partner;
    const key = counterKey(plan, counterName, counter, scope, '', at, '');
    const add = (what: string, value: string | undefined): void => {
      if (value !== undefined)
        this.#tally.add(`${what}|${rule.rule}|${partner}|${of}|${key}`, new Exact(value));
    };
    add('paid', amount);
    add('basis', basis);
    add('quantity', quantity);
  }

  #takeOverEntry({
    deal,
    rule,
    partner,
    at,
    amount,
    currency,
    paidAt,
  }: NonNullable<State['entries']>[number]): void {
    const exact = new Exact(amount);
    const of = currency ?? this.#plan.currency;
    const entry: Entry = {
      id: ++this.#entries,
      deal,
      partner,
      role: null,
      rule,
      label: this.#plan.rules.find((one) => one.rule === rule)?.label ?? rule,
      kind: 'earned',
      event: 'before',
      at,
      part: null,
      amount: exact,
      currency: of,
      uncapped: exact,
      corrects: null,
      releases: [{ at: paidAt ?? null, amount: exact, say: '' }],
      explanation: 'entered before',
      steps: [],
    };
    const list = this.#standing.get(deal) ?? [];
    list.push({ entry, takenBack: new Exact(0) });
    this.#standing.set(deal, list);
  }
}

/** Counters say no sentences. */
const nobody = {
  steps: [],
  do: () => new Exact(0),
  note: () => undefined,
  sentence: '',
} as unknown as Setting['book'];

function tierDay({ tierOn, yearStartsIn }: FullPlan, { day, deal }: DealEvent): string {
  switch (tierOn) {
    case 'event':
      return day;
    case 'month-start':
      return periodOf(day, 'month').from;
    case 'quarter-start':
      return periodOf(day, 'quarter', yearStartsIn).from;
    case 'year-start':
      return periodOf(day, 'year', yearStartsIn).from;
    default:
      return dayOf(deal.wonAt);
  }
}

function rank(kind: PeriodKind): number {
  return ['month', 'quarter', 'year'].indexOf(kind);
}

function groupPay(all: readonly { earned: Earned; base: Base }[]): { base: Base; earned: Earned[] }[] {
  const groups = new Map<Base, Earned[]>();
  for (const { earned, base } of all) groups.set(base, [...(groups.get(base) ?? []), earned]);
  return [...groups].map(([base, earned]) => ({ base, earned }));
}

function withoutSplit(plan: FullPlan): FullPlan {
  return { ...plan, split: undefined };
}

/** The end of a period, seen as an event of its own. */
function periodEvent(kind: PeriodKind, { name, to }: Stretch, partner: string, currency: string): DealEvent {
  const deal: Deal = {
    deal: name,
    partner,
    amount: null,
    currency: currency === 'deal' ? null : currency,
    wonAt: to,
  };
  return { kind, at: to, day: to, deal, number: 1, amount: null };
}
