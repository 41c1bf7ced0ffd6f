import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { readGate } from '../src/mirror/gate.ts';
import { callTimeoutMs, type Lease } from '../src/mirror/lease.ts';
import type { WorkerContext } from './context.ts';

/**
 * Whether a claim may make another call that it could as well leave to a later claim: nobody stopped everything and the
 * CRM asked for no pause since, and the lease outlives `calls` more at their slowest. Under a slow CRM claims get smaller
 * by this, instead of running out of their lease half-way, again and again.
 */
export async function mayGoOn(
  context: WorkerContext,
  connection: WiredConnection,
  lease: Lease,
  calls: number,
): Promise<boolean> {
  if (Date.now() + calls * callTimeoutMs > lease.until) return false;
  const gate = await readGate(context.db, connection.id, context.clock.now());
  return gate !== null && gate.closedBecause === null;
}

/** In parts of at most `size`, in order. */
export function inBatches<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
