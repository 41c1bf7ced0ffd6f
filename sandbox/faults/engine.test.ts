import { describe, expect, it } from '@jest/globals';
import { createFaultEngine, type RequestPlan } from './engine.ts';
import { ruleSchema, type FaultRule } from './rules.ts';
import { stormRules } from './storm.ts';

const WRITE = { method: 'POST', path: '/x/sobjects', endpoint: 'POST /sobjects' };

function kinds(engine: ReturnType<typeof createFaultEngine>, count: number): string[] {
  return Array.from({ length: count }, () => describePlan(engine.plan(WRITE)));
}

function describePlan(plan: RequestPlan): string {
  const failed = Array.from({ length: 20 }, () => plan.item?.()).filter((item) => item !== undefined).length;
  return `${plan.before?.kind ?? '-'}/${plan.after?.kind ?? '-'}/${failed}`;
}

describe('the fault engine', () => {
  it('strikes the nth matching request and no other', () => {
    const engine = createFaultEngine();
    engine.add([
      { match: { method: 'POST' }, when: { nth: 2 }, fault: { kind: 'reset', at: 'before-commit' } },
    ]);
    engine.plan({ ...WRITE, method: 'GET' });
    expect(kinds(engine, 3)).toEqual(['-/-/0', 'reset/-/0', '-/-/0']);
    expect(engine.list()[0]).toMatchObject({ matched: 3, hits: 1 });
  });

  it('stops after `times` hits and honours `every`', () => {
    const engine = createFaultEngine();
    engine.add([{ when: { every: 2, times: 2 }, fault: { kind: 'status', status: 503 } }]);
    const hit = kinds(engine, 8).map((kind) => kind.startsWith('status'));
    expect(hit).toEqual([false, true, false, true, false, false, false, false]);
  });

  it('lets the first requests pass with `after`, and ends by itself with `forMs`', () => {
    let now = 0;
    const engine = createFaultEngine(1, () => now);
    engine.add([{ when: { after: 2, forMs: 1000 }, fault: { kind: 'reset', at: 'before-commit' } }]);
    expect(kinds(engine, 4)).toEqual(['-/-/0', '-/-/0', 'reset/-/0', 'reset/-/0']);
    now = 1000;
    expect(kinds(engine, 1)).toEqual(['-/-/0']);
  });

  it('matches several methods, and forgets a rule that was taken back', () => {
    const engine = createFaultEngine();
    engine.add([{ match: { method: 'PATCH,post' }, fault: { kind: 'repeat' } }]);
    expect(engine.plan(WRITE)).toEqual({ delayMs: 0, repeat: true });
    expect(engine.plan({ ...WRITE, method: 'GET' })).toEqual({ delayMs: 0 });
    const [armed] = engine.list();
    expect(engine.remove(armed?.id ?? 0)).toBe(true);
    expect(engine.plan(WRITE)).toEqual({ delayMs: 0 });
  });

  it('matches by path expression and by exact endpoint', () => {
    const engine = createFaultEngine();
    engine.add([
      { match: { path: 'nothing' }, fault: { kind: 'reset', at: 'before-commit' } },
      { match: { endpoint: 'POST /sobjects' }, fault: { kind: 'delay', ms: 5 } },
    ]);
    expect(engine.plan(WRITE)).toEqual({ delayMs: 5 });
  });

  it('gives the same storm for the same seed and another one for another seed', () => {
    const rules = stormRules({
      rateLimit: { status: 429 },
      retriableItem: { code: 'LOCKED', message: 'try again' },
    });
    const runs = [7, 7, 8].map((seed) => {
      const engine = createFaultEngine();
      engine.add(rules, seed);
      return kinds(engine, 300).join();
    });
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).not.toBe(runs[2]);
    expect(runs[0]).toContain('reset');
  });

  it('keeps a rule’s fate independent of notifications in between', () => {
    const rules = stormRules({ rateLimit: { status: 429 } });
    const calm = createFaultEngine();
    const busy = createFaultEngine();
    calm.add(rules, 3);
    busy.add(rules, 3);
    const left = kinds(calm, 100);
    const right = Array.from({ length: 100 }, () => {
      busy.notification('deal');
      return describePlan(busy.plan(WRITE));
    });
    expect(right).toEqual(left);
  });

  it('drops and duplicates notifications at about the asked rates', () => {
    const engine = createFaultEngine(11);
    engine.add(stormRules({ rateLimit: { status: 429 } }));
    const plans = Array.from({ length: 4000 }, () => engine.notification('deal'));
    const share = (copies: number) => plans.filter((plan) => plan.copies === copies).length / plans.length;
    expect(share(0)).toBeGreaterThan(0.03);
    expect(share(0)).toBeLessThan(0.07);
    expect(share(2)).toBeGreaterThan(0.16);
    expect(share(2)).toBeLessThan(0.24);
  });

  it('refuses a rule it cannot understand', () => {
    const bad: unknown[] = [
      { fault: { kind: 'explode' } },
      { match: { path: '(' }, fault: { kind: 'delay', ms: 1 } },
      { when: { probability: 2 }, fault: { kind: 'delay', ms: 1 } },
    ];
    expect(bad.map((rule) => ruleSchema.safeParse(rule).success)).toEqual([false, false, false]);
    const good: FaultRule = { fault: { kind: 'revoke-token' } };
    expect(ruleSchema.safeParse(good).success).toBe(true);
  });
});
