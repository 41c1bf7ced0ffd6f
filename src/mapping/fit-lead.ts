import type { ObjectDescription } from '../crm/connector.ts';
import type { LoadedMapping } from './load.ts';

interface Fitted extends Pick<LoadedMapping, 'lead'> {
  faults: { object: string; field: string; problem: string }[];
}

/** Of a lead: optional rows whose field the org lacks are left out, everything else that is missing is a fault. */
export function fitLead(fitted: Fitted, objects: ReadonlyMap<string, ObjectDescription>): void {
  const { lead } = fitted;
  if (!lead) return;
  const { object, keyField } = lead;
  const fault = (field: string, problem: string): void => void fitted.faults.push({ object, field, problem });
  const fields = objects.get(object)?.fields;
  if (!fields) return fault('*', 'the object cannot be read: check permissions');
  const key = fields.get(keyField);
  if (!key?.unique) fault(keyField, 'is no unique field of the org: make it a unique external ID');
  for (const { to } of lead.write.filter((row) => !row.optional && !fields.get(row.to)?.createable))
    fault(
      to,
      'the field does not exist or is not writable for the integration user: create it or grant access',
    );
  fitted.lead = { ...lead, write: lead.write.filter((row) => !row.optional || fields.has(row.to)) };
}
