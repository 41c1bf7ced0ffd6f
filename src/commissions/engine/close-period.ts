/** The end of a period for one partner: what was carried, earned, held back, released, taken back, advanced and is paid. */
import { Exact } from '../exact.ts';
import type { FullPlan } from '../language/full-plan.ts';
import { drawsOf, type Draw } from '../language/paying.ts';
import { Book, money } from './book.ts';
import { addSpan, type Stretch } from './days.ts';
import { Hold } from './hold.ts';
import type { KnownPartner } from './directory.ts';
import type { ExchangeTable } from './exchange.ts';
import { isAway } from './prorate.ts';
import { roundTo, scaleOf } from './round.ts';
import type { PeriodResult } from './results.ts';
import { amountIn } from './setting.ts';

/** What is carried from one period to the next. */
export interface Balance {
  /** Below zero: more was taken back than there was. */
  carried: Exact;
  /** Advanced and not repaid. */
  draw: Exact;
}

/** What came together in the period, in the plan's currency. */
export interface Collected {
  earned: Exact;
  heldBack: Exact;
  released: Exact;
  clawedBack: Exact;
}

export interface Closing {
  plan: FullPlan;
  payout: NonNullable<FullPlan['payout']>;
  partner: string;
  directory: KnownPartner | undefined;
  period: Stretch;
  currency: string;
  exchange: ExchangeTable;
}

export function closePeriod(
  closing: Closing,
  balance: Balance,
  collected: Collected,
): { result: PeriodResult; next: Balance } {
  const { plan, currency, partner, period } = closing;
  const book = new Book();
  const net = book.do(
    'period',
    {
      op: 'less',
      from: balance.carried.plus(collected.earned).plus(collected.released).toFixed(),
      of: [collected.heldBack.toFixed(), collected.clawedBack.toFixed()],
    },
    (value) => netSentence(balance, collected, value, currency),
  );
  const whole = plan.rounding.stage === 'period' ? roundedNet(closing, net, book) : net;
  const drawn = applyDraw(closing, whole, balance, book);
  const settled = settle(closing, drawn.amount, book);
  const paid = inPayCurrency(closing, settled.payable, book);
  const result: PeriodResult = {
    partner,
    period: period.name,
    from: period.from,
    to: period.to,
    currency,
    carriedIn: balance.carried,
    ...collected,
    drawPaid: drawn.paid,
    drawRepaid: drawn.repaid,
    drawBalance: drawn.balance,
    forfeited: settled.forfeited,
    carriedOut: settled.carried.plus(drawn.debt),
    payable: settled.payable,
    paid,
    explanation: book.sentence,
    steps: book.steps,
  };
  return { result, next: { carried: settled.carried.plus(drawn.debt), draw: drawn.balance } };
}

function netSentence(
  { carried }: Balance,
  { earned, heldBack, released, clawedBack }: Collected,
  net: Exact,
  currency: string,
): string {
  const parts = [
    `earned ${money(earned, currency)}`,
    ...(heldBack.isZero() ? [] : [`held back ${money(heldBack, currency)}`]),
    ...(released.isZero() ? [] : [`released ${money(released, currency)}`]),
    ...(clawedBack.isZero() ? [] : [`taken back ${money(clawedBack, currency)}`]),
    ...(carried.isZero() ? [] : [`carried from before ${money(carried, currency)}`]),
  ];
  return parts.length === 1 ? (parts[0] ?? '') : `${parts.join(', ')}: ${money(net, currency)}`;
}

function roundedNet({ plan, currency }: Closing, net: Exact, book: Book): Exact {
  const scale = scaleOf(plan.rounding.scale, currency);
  const { mode } = plan.rounding;
  if (roundTo(net, scale, mode).equals(net)) return net;
  return book.do(
    'rounding',
    { op: 'round', of: net.toFixed(), scale, mode },
    (value) => `rounded to ${money(value, currency)}`,
  );
}

interface Drawn {
  amount: Exact;
  paid: Exact;
  repaid: Exact;
  balance: Exact;
  /** Below zero: carried besides what is paid. */
  debt: Exact;
}

/** A draw is the least that is paid; a recoverable one is repaid later, by what the plan says. */
function applyDraw(closing: Closing, net: Exact, { draw: owed }: Balance, book: Book): Drawn {
  const { payout, currency, period } = closing;
  const zero = new Exact(0);
  const draws = drawsOf(payout);
  const inForce = draws.find(
    ({ from, until }) =>
      (from === undefined || from <= period.to) && (until === undefined || period.from < until),
  );
  // What was advanced stays owed when its draw has ended, and is repaid as the plan said.
  const lent = inForce?.recoverable === 'yes' ? inForce : draws.findLast((one) => one.recoverable === 'yes');
  const guaranteed = inForce && !isAway(period, closing.directory) ? drawOf(closing, inForce) : zero;
  const isRecoverable = inForce?.recoverable === 'yes';
  const excess = lent?.repay === 'from-excess' ? Exact.max(0, net.minus(guaranteed)) : Exact.max(0, net);
  const repaid = lent ? Exact.min(owed, excess) : zero;
  let amount = net;
  if (repaid.greaterThan(0))
    amount = book.do(
      'draw',
      { op: 'less', from: net.toFixed(), of: [repaid.toFixed()] },
      (value) => `${money(repaid, currency)} of the draw repaid: ${money(value, currency)}`,
    );
  // A draw does not fill up what is less than nothing: that is carried, and the draw is paid all the same.
  const base = Exact.max(0, amount);
  const debt = Exact.min(0, amount);
  const paid = Exact.max(0, guaranteed.minus(base));
  if (paid.greaterThan(0))
    amount = book.do(
      'draw',
      { op: 'sum', of: [base.toFixed(), paid.toFixed()] },
      (value) =>
        `${isRecoverable ? 'draw' : 'guarantee'} of ${money(guaranteed, currency)}: ${money(paid, currency)} advanced, together ${money(value, currency)}`,
    );
  const balance = owed.minus(repaid).plus(isRecoverable ? paid : zero);
  return { amount, paid, repaid, balance, debt: paid.greaterThan(0) ? debt : zero };
}

function drawOf({ plan, directory, currency }: Closing, draw: Draw): Exact {
  if (draw.amount !== 'partner') return new Exact(amountIn(plan, draw.amount, currency, 'draw'));
  // Not everybody has one.
  return new Exact(directory?.draw ?? '0');
}

interface Settled {
  payable: Exact;
  carried: Exact;
  forfeited: Exact;
}

function settle({ plan, payout, currency }: Closing, amount: Exact, book: Book): Settled {
  const zero = new Exact(0);
  if (amount.isNegative() && !amount.isZero()) {
    const rule =
      plan.clawback === undefined || plan.clawback === 'none' ? 'carry-forward' : plan.clawback.negative;
    if (rule === 'collect') return { payable: amount, carried: zero, forfeited: zero };
    if (rule === 'forgive') {
      book.note('carry', `${money(amount, currency)} is forgiven`);
      return { payable: zero, carried: zero, forfeited: amount };
    }
    book.note('carry', `${money(amount, currency)} is carried forward`);
    return { payable: zero, carried: amount, forfeited: zero };
  }
  const { minimum, maximum } = payout;
  if (minimum !== undefined && amount.greaterThan(0)) {
    const least = amountIn(plan, minimum.amount, currency, 'minimum payout');
    if (amount.lessThan(least)) {
      const what = `less than ${money(least, currency)}`;
      if (minimum.below === 'raise-to-it')
        return {
          payable: book.do(
            'minimum',
            { op: 'most', of: [amount.toFixed(), least] },
            (value) => `${what}, raised to ${money(value, currency)}`,
          ),
          carried: zero,
          forfeited: zero,
        };
      book.note(
        'minimum',
        `${what}, ${minimum.below === 'forfeit' ? 'so it is forfeited' : 'carried forward'}`,
      );
      return minimum.below === 'forfeit'
        ? { payable: zero, carried: zero, forfeited: amount }
        : { payable: zero, carried: amount, forfeited: zero };
    }
  }
  if (maximum === undefined) return { payable: amount, carried: zero, forfeited: zero };
  const most = new Exact(amountIn(plan, maximum.amount, currency, 'maximum payout'));
  if (!amount.greaterThan(most)) return { payable: amount, carried: zero, forfeited: zero };
  const rest = amount.minus(most);
  const payable = book.do(
    'maximum',
    { op: 'least', of: [amount.toFixed(), most.toFixed()] },
    (value) =>
      `no more than ${money(value, currency)} a period, ${money(rest, currency)} ${maximum.above === 'forfeit' ? 'forfeited' : 'carried forward'}`,
  );
  return maximum.above === 'forfeit'
    ? { payable, carried: zero, forfeited: rest }
    : { payable, carried: rest, forfeited: zero };
}

function conversionDay({ exchangeOn, payDay }: Closing['payout'], { from, to }: Stretch): string {
  if (exchangeOn === 'period-start') return from;
  return exchangeOn === 'pay-day' && payDay ? addSpan(to, payDay) : to;
}

function inPayCurrency(
  { plan, payout, partner, directory, currency, exchange, period }: Closing,
  amount: Exact,
  book: Book,
): { amount: Exact; currency: string } {
  const wanted =
    payout.currency === 'plan'
      ? currency
      : payout.currency === 'partner'
        ? directory?.currency
        : payout.currency;
  if (!wanted)
    throw new Hold(
      'payout-currency-missing',
      `Partner ${partner} has no currency to be paid in; name it in the input.`,
    );
  if (wanted === currency || amount.isZero()) return { amount, currency: wanted };
  const found = exchange.find(currency, wanted, conversionDay(payout, period));
  const exact = book.do(
    'conversion',
    { op: 'times', of: amount.toFixed(), by: found.rate.toFixed() },
    (value) => `${money(amount, currency)} at ${found.say} = ${money(value, wanted)}`,
  );
  const scale = scaleOf('currency', wanted);
  const { mode } = plan.rounding;
  if (roundTo(exact, scale, mode).equals(exact)) return { amount: exact, currency: wanted };
  return {
    amount: book.do(
      'rounding',
      { op: 'round', of: exact.toFixed(), scale, mode },
      (value) => `rounded to ${money(value, wanted)}`,
    ),
    currency: wanted,
  };
}
