/** Everything a run remembers between two events. Sums live in `tally`, so that a held event leaves nothing behind. */
import type { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import type { PeriodKind } from '../language/periods.ts';
import type { Windows } from './attainment.ts';
import type { Balance, Collected } from './close-period.ts';
import type { Stretch } from './days.ts';
import type { Counted } from './counted.ts';
import { Directory } from './directory.ts';
import { ExchangeTable, type KnownRate } from './exchange.ts';
import type { Partner, State } from './input.ts';
import type { Entry, HeldEvent, PeriodResult, Release } from './results.ts';
import type { Setting } from './setting.ts';
import { Tally } from './tally.ts';
import type { Standing } from './take-back.ts';

export interface RunOptions {
  partners?: readonly Partner[] | undefined;
  state?: State | undefined;
  /** Besides those of the plan. */
  rates?: readonly KnownRate[] | undefined;
  /** Sums that stand before the first event, as `onTaken` told them. */
  found?: Readonly<Record<string, string>> | undefined;
  onEntry(entry: Entry): void;
  /** After an event: the sums of other deals that it was computed with. */
  onTaken?: ((deal: string, found: Record<string, string>) => void) | undefined;
  onHeld(held: HeldEvent): void;
  onPeriod(period: PeriodResult): void;
}

/** Without the book: each entry gets its own. */
export type Base = Omit<Setting, 'book' | 'earned'>;

/** Part of an entry whose day has not come. */
export interface NotReleased {
  entry: Entry;
  release: Release;
}

export class RunState {
  readonly plan: FullPlan;
  readonly options: RunOptions;
  readonly directory: Directory;
  readonly exchange: ExchangeTable;
  readonly tally: Tally;
  readonly windows: Windows = new Map();
  entries = 0;
  /** By deal: what a clawback may still take back. */
  /** The last day that anything becomes payable on, as far as it is known. */
  releasedUntil = '';
  readonly standing = new Map<string, Standing[]>();
  /** By deal: how far it moved counters that go down again. */
  readonly counted = new Map<string, Counted[]>();
  /** partner|currency */
  readonly balances = new Map<string, Balance>();
  /** partner|currency|payout period → what came together in it. */
  readonly collected = new Map<string, Collected>();
  notReleased: NotReleased[] = [];
  readonly seen = new Set<string>();
  readonly open = new Map<PeriodKind, Stretch>();
  /** Counters that stood before the first deal, and the kinds of period that took them as closed. */
  readonly stood: { key: string; at: string; value: Exact }[] = [];
  readonly stoodClosed = new Set<PeriodKind>();

  constructor(plan: FullPlan, options: RunOptions) {
    this.plan = plan;
    this.options = options;
    this.tally = new Tally(options.found, options.onTaken !== undefined);
    this.directory = new Directory(options.partners ?? []);
    const rates = [...(plan.exchange?.rates ?? []), ...(options.rates ?? [])];
    this.exchange = new ExchangeTable(rates, plan.exchange?.inverse === 'allowed');
  }
}

/** Counters say no sentences. */
export const silentBook = {
  steps: [],
  do: () => {
    throw new Error('a counter takes no step');
  },
  note: () => undefined,
  sentence: '',
} as unknown as Setting['book'];
