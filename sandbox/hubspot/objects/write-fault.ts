import type { PropertyFault } from '../records/check-properties.ts';
import { batchError, errorAnswer, VendorError, type ErrorBody } from '../http/vendor-error.ts';

/** Why one input of a write was refused. */
export type WriteFault =
  | { kind: 'properties'; faults: PropertyFault[] }
  | { kind: 'other'; status: number; body: ErrorBody & { category: string } };

export function otherFault(status: number, category: string, message: string): WriteFault {
  return { kind: 'other', status, body: { message, category } };
}

/** Refuses a whole request because of these faults. Invalid properties of all inputs come in one message. */
export function refuseAll(portalId: number, faults: readonly WriteFault[]): VendorError {
  const properties = faults.flatMap((fault) => (fault.kind === 'properties' ? fault.faults : []));
  if (properties.length > 0) return new VendorError(errorAnswer(400, propertyBody(portalId, properties)));
  const first = faults.find((fault) => fault.kind === 'other') as Extract<WriteFault, { kind: 'other' }>;
  return new VendorError(errorAnswer(first.status, first.body));
}

/** One entry of `errors[]` in a 207, told apart by the trace id of its input. */
export function multiStatusError(portalId: number, fault: WriteFault, traceId: string): unknown {
  const body = fault.kind === 'properties' ? propertyBody(portalId, fault.faults) : fault.body;
  const context = { ...body.context, objectWriteTraceId: [traceId] };
  return batchError(body.category ?? '', body.message, context, body.errors);
}

/** The message carries JSON inside its text, as recorded. */
function propertyBody(portalId: number, faults: readonly PropertyFault[]): ErrorBody {
  const results = faults.map(({ name, value, error, message }) => ({
    isValid: false,
    message,
    error,
    name,
    localizedErrorMessage: message,
    propertyValue: value,
    portalId,
  }));
  return {
    message: `Property values were not valid: ${JSON.stringify(results)}`,
    errors: faults.map(({ name, error, message }) => ({
      message,
      code: error,
      context: { propertyName: [name] },
    })),
    category: 'VALIDATION_ERROR',
  };
}
