import { createRandom, type Random } from './random.ts';
import type { Fault, FaultRule, SpoilFault, StatusFault, StreamFault } from './rules.ts';

/** What a request looks like to the rules. `endpoint` is the path template, as in the request log. */
export interface FaultTarget {
  method: string;
  path: string;
  endpoint: string;
}

/** What happens instead of the request, or after its commit instead of the answer. */
export type Interruption =
  StatusFault | { kind: 'revoke-token' } | { kind: 'reset' } | { kind: 'hang'; ms: number };

/** Why one item of a batch fails. */
export interface ItemFault {
  code: string;
  message: string | undefined;
  fields: readonly string[];
}

/** What the rules decided for one request. */
export interface RequestPlan {
  /** Added before anything else happens. */
  delayMs: number;
  /** Instead of carrying the request out. */
  before?: Interruption;
  /** The request is carried out and committed; the answer is not sent, or not as it was. */
  after?: { kind: 'reset' } | { kind: 'hang'; ms: number } | SpoilFault;
  /** The request arrives twice, and is carried out twice. */
  repeat?: true;
  /** Asks, once per batch item, whether that item fails, and with which code. Undefined when no rule applies. */
  item?: () => ItemFault | undefined;
}

/** What becomes of one notification (webhook or change event). */
export interface NotificationPlan {
  /** 0 = dropped, 1 = normal, 2 = duplicated. */
  copies: number;
  delayMs: number;
  /** Deliver it after the one that follows it. */
  reorder: boolean;
}

/** A rule in force: its number, how many requests it matched and how many it struck. */
export type ArmedFault = FaultRule & { id: number; matched: number; hits: number };

/** The rules in force and their memory. */
export interface FaultEngine {
  add(rules: readonly FaultRule[], seed?: number): void;
  clear(): void;
  /** Takes back one rule; false when there is none with this number. */
  remove(id: number): boolean;
  list(): ArmedFault[];
  /** Decides about one request. Cheap when there are no rules. */
  plan(target: FaultTarget): RequestPlan;
  /** Decides about one notification. `topic` is matched by a rule's `match.path`, e.g. an object or subscription type. */
  notification(topic: string): NotificationPlan;
  /** Decides, when a client begins to listen to a topic, whether and how its stream will end; for vendors that stream. */
  stream(topic: string): StreamFault | undefined;
}

interface ArmedRule {
  id: number;
  rule: FaultRule;
  /** When it stops, by the engine's clock. */
  ends: number;
  methods: readonly string[] | undefined;
  path: RegExp | undefined;
  random: Random;
  matched: number;
  hits: number;
}

const NO_FAULT: RequestPlan = Object.freeze({ delayMs: 0 });
const DELIVER: NotificationPlan = Object.freeze({ copies: 1, delayMs: 0, reorder: false });
const DEFAULT_DELAY_MS = 250;

/**
 * Creates an engine. Each rule draws from its own stream of the one seed, so the nth request that a rule matches
 * meets the same fate in every run, whatever other rules or notifications do in between.
 * `now` gives milliseconds, for rules that end by themselves.
 */
export function createFaultEngine(seed = 1, now: () => number = Date.now): FaultEngine {
  let armed: ArmedRule[] = [];
  let current = seed;
  let lastId = 0;
  // Counts what was added since the last clear, taken-back rules included: no two rules share a stream.
  let streams = 0;

  return {
    add(rules, newSeed) {
      if (newSeed !== undefined) current = newSeed;
      for (const rule of rules) {
        lastId += 1;
        const ends = now() + (rule.when?.forMs ?? Infinity);
        armed.push({ id: lastId, ends, ...arm(rule, current, streams) });
        streams += 1;
      }
    },
    clear() {
      armed = [];
      streams = 0;
    },
    remove(id) {
      const before = armed.length;
      armed = armed.filter((one) => one.id !== id);
      return armed.length < before;
    },
    list: () => armed.map(({ id, rule, matched, hits }) => ({ id, ...rule, matched, hits })),
    plan(target) {
      if (armed.length === 0) return NO_FAULT;
      const plan: RequestPlan = { delayMs: 0 };
      for (const one of armed) {
        const { fault } = one.rule;
        if (fault.kind === 'notification' || fault.kind === 'stream') continue;
        if (one.ends <= now() || !matches(one, target)) continue;
        // A request that is already doomed uses up no further rule's turn, so hit counts stay truthful.
        if (plan.before !== undefined || !strikes(one)) continue;
        apply(plan, fault, one.random);
      }
      return plan;
    },
    notification(topic) {
      if (armed.length === 0) return DELIVER;
      const plan: NotificationPlan = { copies: 1, delayMs: 0, reorder: false };
      for (const one of armed) {
        const { fault } = one.rule;
        if (fault.kind !== 'notification' || one.ends <= now()) continue;
        if (one.path !== undefined && !one.path.test(topic)) continue;
        if (one.random() >= fault.probability || !strikes(one)) continue;
        disturb(plan, fault.effect, fault.ms ?? DEFAULT_DELAY_MS);
      }
      return plan;
    },
    stream(topic) {
      for (const one of armed) {
        const { fault } = one.rule;
        if (fault.kind !== 'stream' || one.ends <= now()) continue;
        if (one.path !== undefined && !one.path.test(topic)) continue;
        if (strikes(one)) return fault;
      }
      return undefined;
    },
  };
}

function arm(rule: FaultRule, seed: number, index: number): Omit<ArmedRule, 'id' | 'ends'> {
  const path = rule.match?.path === undefined ? undefined : new RegExp(rule.match.path);
  const methods = rule.match?.method?.toUpperCase().split(',');
  return { rule, methods, path, random: createRandom(seed, index), matched: 0, hits: 0 };
}

function matches(one: ArmedRule, target: FaultTarget): boolean {
  const { match } = one.rule;
  if (match === undefined) return true;
  if (one.methods !== undefined && !one.methods.includes(target.method)) return false;
  if (match.endpoint !== undefined && match.endpoint !== target.endpoint) return false;
  return one.path === undefined || one.path.test(target.path);
}

/** Counts a match and tells whether the rule's `when` lets it strike now. */
function strikes(one: ArmedRule): boolean {
  one.matched += 1;
  const { nth, every, after, probability, times } = one.rule.when ?? {};
  if (after !== undefined && one.matched <= after) return false;
  if (times !== undefined && one.hits >= times) return false;
  if (nth !== undefined && one.matched !== nth) return false;
  if (every !== undefined && one.matched % every !== 0) return false;
  if (probability !== undefined && one.random() >= probability) return false;
  one.hits += 1;
  return true;
}

function apply(
  plan: RequestPlan,
  fault: Exclude<Fault, { kind: 'notification' } | { kind: 'stream' }>,
  random: Random,
): void {
  switch (fault.kind) {
    case 'status':
    case 'revoke-token':
      plan.before = fault;
      return;
    case 'reset':
      if (fault.at === 'before-commit') plan.before = { kind: 'reset' };
      else plan.after = { kind: 'reset' };
      return;
    case 'hang':
      if (fault.at === 'before-commit') plan.before = { kind: 'hang', ms: fault.ms };
      else plan.after = { kind: 'hang', ms: fault.ms };
      return;
    case 'delay':
      plan.delayMs += fault.ms;
      return;
    case 'spoil':
      plan.after = fault;
      return;
    case 'repeat':
      plan.repeat = true;
      return;
    case 'partial': {
      const earlier = plan.item;
      plan.item = () =>
        earlier?.() ??
        (random() < fault.probability
          ? { code: fault.code, message: fault.message, fields: fault.fields ?? [] }
          : undefined);
      return;
    }
  }
}

function disturb(
  plan: NotificationPlan,
  effect: 'drop' | 'duplicate' | 'reorder' | 'delay',
  ms: number,
): void {
  if (effect === 'drop') plan.copies = 0;
  else if (effect === 'duplicate') plan.copies = Math.min(plan.copies * 2, 2);
  else if (effect === 'reorder') plan.reorder = true;
  else plan.delayMs += ms;
}
