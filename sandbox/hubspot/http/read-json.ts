import type { z } from 'zod';
import type { Call } from './call.ts';
import { invalidJson, VendorError } from './vendor-error.ts';

/** Parses a JSON body against a schema; answers 415 or 400 in HubSpot's words when it does not fit. */
export function readJson<T>(call: Call, schema: z.ZodType<T>): T {
  if (!call.contentType.startsWith('application/json')) {
    throw new VendorError({
      status: 415,
      json: { status: 'error', message: 'HTTP 415 Unsupported Media Type' },
      error: 'not JSON',
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(call.body.toString());
  } catch (error) {
    throw invalidJson(error instanceof Error ? error.message : 'not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalidJson(`${issue?.message ?? 'wrong shape'} (at ${issue?.path.join('.') || 'the top'})`);
}
