import { status } from '@grpc/grpc-js';
import { z } from 'zod';
import { AdminError } from '../../admin/adapter.ts';
import { canonicalId } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ChangeEvent, PendingEvent } from './change-event.ts';
import { createTransactionKey } from './change-log.ts';
import { appendEvents } from './event-journal.ts';
import { eventRules } from './event-rules.ts';
import { brokenStream, pubSubError, type PubSubError } from './pubsub-error.ts';

const changeTypes = [
  'CREATE',
  'UPDATE',
  'DELETE',
  'UNDELETE',
  'GAP_CREATE',
  'GAP_UPDATE',
  'GAP_DELETE',
  'GAP_UNDELETE',
  'GAP_OVERFLOW',
] as const;

/** The shape of `POST /events`: an event that no write through the API caused. */
const eventSchema = z.strictObject({
  object: z.string().default('Opportunity'),
  changeType: z.enum(changeTypes),
  /** Left out: all records of the object, as a wildcard (`006*`); an overflow names none. */
  recordIds: z.array(z.string()).min(1).optional(),
  /** What changed, for the kinds that carry fields; null clears. */
  fields: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
  changeOrigin: z.string().default(''),
});

/** The shape of `POST /streams`: ends every open stream, in good order or with an error. */
const endSchema = z.strictObject({
  /** A code of the facts, with or without `sfdc.platform.eventbus.grpc.`; `reset` for a broken connection. */
  code: z.string().min(1).optional(),
  status: z.enum(status).optional(),
});

const SHOWN = 1000;

/** The admin port's routes about events. */
export function eventRoutes(sandbox: Sandbox): Record<string, (body: unknown) => unknown> {
  return {
    'GET /events': () => sandbox.changes.after(sandbox.changes.earliest(), SHOWN).map(showEvent),
    'POST /events': (body) => publishOnDemand(sandbox, parse(eventSchema, body)),
    'GET /streams': () => sandbox.streams.list(),
    'POST /streams': (body) => ({ ended: sandbox.streams.endAll(errorOf(parse(endSchema, body ?? {}))) }),
  };
}

function publishOnDemand(sandbox: Sandbox, given: z.infer<typeof eventSchema>): unknown {
  const type = sandbox.org.preset.schema.object(given.object);
  if (type === undefined) throw new AdminError(404, `no object ${given.object}`);
  const carriesFields = ['CREATE', 'UPDATE', 'UNDELETE'].includes(given.changeType);
  const event: PendingEvent = {
    type,
    changeType: given.changeType,
    recordIds: recordIdsOf(sandbox, given, type.definition.keyPrefix),
    changeOrigin: given.changeOrigin,
    sequenceNumber: 1,
    commitTimestamp: sandbox.clock.ms(),
    commitUser: sandbox.users.rep,
    values: carriesFields ? given.fields : {},
  };
  const added = appendEvents(sandbox, [event], createTransactionKey());
  sandbox.journal.flush();
  return { events: added.map(showEvent) };
}

function recordIdsOf(sandbox: Sandbox, given: z.infer<typeof eventSchema>, prefix: string): string[] {
  if (given.changeType === 'GAP_OVERFLOW') return [...eventRules(sandbox).overflowRecordIds];
  if (given.recordIds === undefined) return [`${prefix}*`];
  return given.recordIds.map((id) => {
    const known = canonicalId(id);
    if (known === undefined) throw new AdminError(400, `${id} is no record id`);
    return known;
  });
}

function errorOf({ code, status: given }: z.infer<typeof endSchema>): PubSubError | undefined {
  if (code === undefined) return undefined;
  return code === 'reset' ? brokenStream() : pubSubError(code, given === undefined ? {} : { status: given });
}

function showEvent({ type, ...event }: ChangeEvent): unknown {
  return { ...event, entityName: type.name };
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw new AdminError(400, z.prettifyError(result.error));
  return result.data;
}
