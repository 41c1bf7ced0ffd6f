import { z } from 'zod';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { PlanItem } from '../../../src/crm/provisioning.ts';
import type { Caller } from '../call.ts';
import type { Call } from '../client.ts';
import type { DeveloperCaller } from '../developer-call.ts';

/** What a plan is made and carried out with: an administrator's token, and the key of whoever made the app. */
export interface Hands {
  call: Caller;
  /** Absent: the app's own settings cannot be changed from here. */
  developer?: DeveloperCaller | undefined;
  /** Each call has a deadline of its own. */
  options(): CallOptions;
}

/** One item of a plan, and how it is carried out; an item without `act` needs nothing, or a person. */
export interface Step {
  item: PlanItem;
  act?: (hands: Hands) => Promise<void>;
  /** What the token has to be allowed for `act`. */
  scopes?: readonly string[];
}

export async function read<T>({ call, options }: Hands, path: string, shape: z.ZodType<T>): Promise<T> {
  const site = { stage: 'provision', write: false } as const;
  return (await call(site, { method: 'GET', path }, shape, options())).data;
}

/** A write whose answer says nothing that is needed. */
export async function change(
  { call, options }: Hands,
  method: Call['method'],
  path: string,
  body?: object,
): Promise<void> {
  const site = { stage: 'provision', write: true } as const;
  await call(site, { method, path, ...(body === undefined ? {} : { body }) }, z.unknown(), options());
}
