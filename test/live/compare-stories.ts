import type { Seen } from './story.ts';

/** What was seen otherwise there than here, one line each; steps that only one of them had included. */
export function differences(sandbox: readonly Seen[], live: readonly Seen[], label: string): string[] {
  const here = new Map(sandbox.map(({ step, result }) => [step, result]));
  const there = new Map(live.map(({ step, result }) => [step, result]));
  return [...new Set([...here.keys(), ...there.keys()])].flatMap((step) => {
    const [one, other] = [here.get(step), there.get(step)];
    if (one === other) return [];
    return [`${step}: ${other ?? 'not there'} (the local ${label}: ${one ?? 'not there'})`];
  });
}
