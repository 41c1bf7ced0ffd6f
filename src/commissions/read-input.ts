import { Deals, Input } from './engine/input.ts';
import { faultsOf, type Fault } from './read-plan.ts';

/** Reads what a plan is run on from JSON text. Every fault is reported, each with a JSON pointer. */
export function readInput(text: string): { input: Input } | { faults: readonly Fault[] } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return { faults: [{ pointer: '', message: error instanceof Error ? error.message : 'not JSON' }] };
  }
  const schema = Array.isArray(document) ? Deals : Input;
  const parsed = schema.safeParse(document);
  if (!parsed.success) return { faults: faultsOf(parsed.error) };
  return { input: Array.isArray(parsed.data) ? { deals: parsed.data } : parsed.data };
}
