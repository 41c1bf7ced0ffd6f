/** A plan that is being answered for: what its file would say, every scalar as text, as the language reads it. */
import { faultsOf, type Fault } from '../read-plan.ts';
import { FullPlan } from '../language/full-plan.ts';

export type Node = string | Node[] | { [name: string]: Node };
export type Draft = { [name: string]: Node };

export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function pointerOf(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function isMap(node: Node | undefined): node is { [name: string]: Node } {
  return typeof node === 'object' && !Array.isArray(node);
}

export function at(draft: Draft, pointer: string): Node | undefined {
  let node: Node | undefined = draft;
  for (const step of stepsOf(pointer)) {
    if (Array.isArray(node)) node = node[Number(step)];
    else node = isMap(node) && Object.hasOwn(node, step) ? node[step] : undefined;
  }
  return node;
}

/** A copy in which the pointer holds this; undefined takes it out. What is above it must be there. */
export function put(draft: Draft, pointer: string, value: Node | undefined): Draft {
  const copy = structuredClone(draft);
  const steps = stepsOf(pointer);
  const last = steps.pop() ?? '';
  const parent = at(copy, pointerOf(steps));
  if (Array.isArray(parent) && value !== undefined) parent[Number(last)] = value;
  else if (isMap(parent) && value !== undefined) parent[last] = value;
  else if (isMap(parent)) delete parent[last];
  return copy;
}

/** What the language has against it, as it does against a file. */
export function faultsIn(draft: Draft): Fault[] {
  const read = FullPlan.safeParse(draft);
  return read.success ? [] : faultsOf(read.error);
}

/** A choice that another answer made necessary: it is asked next. Anything else is a mistake. */
export function isOpen(fault: Fault): boolean {
  return fault.message.startsWith('is left open');
}
