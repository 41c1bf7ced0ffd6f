import type { ObjectType } from '../portal/object-types.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Grant } from '../auth/tokens.ts';
import type { LimitPolicy } from '../limits/rate-limit-answer.ts';
import type { Answer } from './vendor-error.ts';

/** An API call on its way through a route. */
export interface Call {
  sandbox: Sandbox;
  method: string;
  /** Path parameters by name, decoded. */
  params: Record<string, string>;
  /** The object types named by `{objectType}`, `{from}` and `{to}`. */
  types: Record<string, ObjectType>;
  query: URLSearchParams;
  contentType: string;
  body: Buffer;
  /** Who calls; undefined only on open routes. */
  grant: Grant | undefined;
  requestId: string;
  /** Epoch milliseconds of the sandbox clock when the call came in. */
  now: number;
  /** Asks the fault engine whether the next batch item fails. */
  itemFault: (() => { code: string; message: string | undefined } | undefined) | undefined;
  /** How many records the call carries; routes set it for the request log. */
  records: number;
  /** Later versions of a path differ in small ways (e.g. archive answers). */
  dated: boolean;
}

export interface Route {
  method: string;
  /** e.g. `/crm/v3/objects/{objectType}/{objectId}`. */
  pattern: string;
  /** Any one of these scopes lets the call through, checked per group: every group must be met. */
  scopes: (types: Record<string, ObjectType>) => string[][];
  /** False for OAuth endpoints, which authenticate by the request's body. */
  authenticated: boolean;
  limit: LimitPolicy;
  handle: (call: Call) => Answer;
}
