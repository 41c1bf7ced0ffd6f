import { DmlError } from '../dml/dml-error.ts';
import { contactRules } from './contact-rules.ts';
import type { RecordRules } from './contract.ts';

/**
 * A lead that was converted is history.
 * Provoked by: any update of a lead with `IsConverted` (convert one by `POST /convert-lead` of the admin port).
 */
export const leadRules: RecordRules = {
  derive(org, values, before) {
    if (before?.['IsConverted'] === true)
      throw new DmlError('CANNOT_UPDATE_CONVERTED_LEAD', 'cannot reference converted lead');
    contactRules.derive?.(org, values, before);
  },
};
