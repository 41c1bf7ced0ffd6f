import { z } from 'zod';
import type { Deal } from '../deals/deal.ts';
import type { DealPosition } from '../deals/read-deals.ts';

const Position = z.tuple([z.iso.datetime(), z.uuid()]);

/** An opaque place in the list of deals. */
export const DealCursor = z.string().transform((text, context): DealPosition => {
  const position = Position.safeParse(parse(Buffer.from(text, 'base64url').toString('utf8')));
  if (position.success) return { registeredAt: new Date(position.data[0]), id: position.data[1] };
  context.addIssue({ code: 'custom', message: 'is not a cursor of this list' });
  return z.NEVER;
});

export function cursorAfter(deal: Deal | undefined): string | null {
  if (deal === undefined) return null;
  return Buffer.from(JSON.stringify([deal.registered_at.toISOString(), deal.id]), 'utf8').toString(
    'base64url',
  );
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}
