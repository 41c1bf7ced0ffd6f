import { z } from 'zod';
import { MOST_REF } from './registration.ts';
import { findTextFaults } from './text-faults.ts';

/**
 * What a PRM posts: one deal, or many under `deals`. Elements are read one by one later, so that a malformed one
 * is parked without its neighbours.
 */
export const PrmMessage = z.object({
  type: z.enum(['deal.registered', 'deal.updated', 'deal.withdrawn']),
  data: z.record(z.string(), z.unknown()),
});
export type PrmMessage = z.infer<typeof PrmMessage>;

/** One element of `deal.withdrawn`. */
export const PrmWithdrawal = z.strictObject({
  ref: z.string().min(1).max(MOST_REF),
  reason: z.string().max(1000).optional(),
});

export type PrmElementKind = PrmMessage['type'];

export interface PrmElements {
  kind: PrmElementKind;
  elements: readonly unknown[];
}

/** The elements of a raw message, or why it cannot be read at all. Elements are not checked here. */
export function readPrmMessage(body: Buffer): PrmElements | { reason: string } {
  const text = decodeUtf8(body);
  if (text === null) return { reason: 'The message is not valid UTF-8.' };
  const json = parseJson(text);
  if (json === undefined) return { reason: 'The message is not valid JSON.' };
  const message = PrmMessage.safeParse(json);
  if (!message.success) {
    return {
      reason: `The message has no known shape: ${z.prettifyError(message.error).replaceAll('\n', ' ')}`,
    };
  }
  const { data, type } = message.data;
  return { kind: type, elements: Array.isArray(data['deals']) ? data['deals'] : [data] };
}

/** A withdrawal, or why it is none. */
export function readWithdrawal(element: unknown): z.infer<typeof PrmWithdrawal> | { fault: string } {
  const parsed = PrmWithdrawal.safeParse(element);
  if (!parsed.success) return { fault: z.prettifyError(parsed.error).replaceAll('\n', ' ') };
  const [textFault] = findTextFaults(element);
  return textFault === undefined ? parsed.data : { fault: `${textFault.pointer} ${textFault.detail}` };
}

/** Null when the bytes are not UTF-8: replacing them silently would change a name. */
export function decodeUtf8(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
