import { renderDatetime } from '../../rest/render.ts';
import type { FieldDefinition } from '../../schema/field.ts';
import type { Value } from '../../store/row.ts';
import type { ChangeEvent } from '../change-event.ts';
import type { EventField, EventSchema } from '../event-schema.ts';

/**
 * A change event as CometD tells it (facts 1.6): JSON, changed fields only, times as text, and a header without the
 * bitmaps, which the other way of listening needs because it names every field.
 */
export function changeMessage(schema: EventSchema, event: ChangeEvent): object {
  const fields = schema.fields.flatMap((field) => {
    const value = fieldValue(field, event);
    return value === undefined ? [] : [[field.name, value] as const];
  });
  return {
    schema: schema.id,
    payload: { ...Object.fromEntries(fields), ChangeEventHeader: header(event) },
    event: { replayId: event.replayId },
  };
}

function header(event: ChangeEvent): object {
  return {
    commitNumber: event.commitNumber,
    commitUser: event.commitUser,
    sequenceNumber: event.sequenceNumber,
    entityName: event.type.name,
    changeType: event.changeType,
    changeOrigin: event.changeOrigin,
    transactionKey: event.transactionKey,
    commitTimestamp: event.commitTimestamp,
    recordIds: event.recordIds,
  };
}

function fieldValue(field: EventField, { values }: ChangeEvent): unknown {
  if (field.parts === undefined) return shown(field.plain, values[field.name]);
  const parts = field.parts.filter((part) => values[part.field.name] !== undefined);
  if (parts.length === 0) return undefined;
  return Object.fromEntries(parts.map((part) => [part.name, shown(part.field, values[part.field.name])]));
}

function shown(field: FieldDefinition | undefined, value: Value | null | undefined): unknown {
  return field?.type === 'datetime' && typeof value === 'number' ? renderDatetime(value) : value;
}
