import type { Exception } from './exceptions.ts';
import type { TappedExchange } from './tap.ts';
import type { Violation } from './violations.ts';

/** A violation that nothing excuses; alike ones are counted together. */
export interface Finding {
  /** e.g. `POST /crm/v3/objects/deals/search 200`. */
  endpoint: string;
  side: 'request' | 'answer';
  location: string;
  message: string;
  times: number;
}

export interface Verdict {
  findings: Finding[];
  /** Names of exceptions that no exchange needed. */
  unused: string[];
  /** How often each exception was needed. */
  excused: ReadonlyMap<string, number>;
}

/**
 * Holds the exchanges against the exceptions. `described` tells whether some spec has the path: the proxy lets a path
 * that it does not know pass in silence.
 */
export function judge(
  exchanges: readonly TappedExchange[],
  exceptions: readonly Exception[],
  described: (method: string, path: string) => boolean,
): Verdict {
  const findings = new Map<string, Finding>();
  const excused = new Map<string, number>();
  for (const exchange of exchanges) {
    for (const violation of violationsOf(exchange, described)) {
      const excuse = exceptions.find((one) => excuses(one, exchange, violation));
      if (excuse === undefined) note(findings, exchange, violation);
      else excused.set(excuse.name, (excused.get(excuse.name) ?? 0) + 1);
    }
  }
  const unused = exceptions.map(({ name }) => name).filter((name) => !excused.has(name));
  return { findings: [...findings.values()], unused, excused };
}

function violationsOf(
  { method, path, violations }: TappedExchange,
  described: (method: string, path: string) => boolean,
): readonly Violation[] {
  if (described(method, path)) return violations;
  return [{ location: 'request.path', code: 'unknown', message: 'no spec describes this call' }];
}

function excuses(exception: Exception, exchange: TappedExchange, violation: Violation): boolean {
  return (
    exception.path.test(exchange.path) &&
    (exception.status?.includes(exchange.status) ?? true) &&
    exception.location.test(violation.location) &&
    exception.message.test(violation.message)
  );
}

function note(
  findings: Map<string, Finding>,
  { method, path, status }: TappedExchange,
  violation: Violation,
): void {
  const endpoint = `${method} ${path.replace(/\/\d{5,}(?=\/|$)/g, '/N')} ${status}`;
  const location = violation.location.replace(/\.\d+(?=\.|$)/g, '.N');
  const message = violation.message.replace(/\.\d+(?=\.|\s)/g, '.N');
  const key = `${endpoint} ${location} ${message}`;
  const known = findings.get(key);
  if (known !== undefined) known.times += 1;
  else {
    const side = location.startsWith('response') ? 'answer' : 'request';
    findings.set(key, { endpoint, side, location, message, times: 1 });
  }
}
