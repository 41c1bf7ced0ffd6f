import { SoapFault } from '../soap/fault.ts';

/** Provoked by: more components, or questions, in one call than the vendor takes. */
export function refuseTooMany(count: number, most: number): void {
  if (count <= most) return;
  const message = `record limit reached. cannot submit more than ${most} records in this operation`;
  throw new SoapFault('EXCEEDED_ID_LIMIT', message, 'UnexpectedErrorFault');
}
