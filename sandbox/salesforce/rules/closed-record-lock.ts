import { DmlError } from '../dml/dml-error.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Org } from '../store/org.ts';
import type { Row } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';

/**
 * Refuses changes of closed opportunities by API users, as many orgs do.
 * Provoked by: updating an opportunity with `IsClosed` while `settings.closedOpportunities` is `validation` or `locked`.
 */
export function checkNotClosed(org: Org, transaction: Transaction, type: ObjectType, before: Row): void {
  const { closedOpportunities } = org.settings;
  if (closedOpportunities === 'editable' || type.name !== 'Opportunity') return;
  if (before['IsClosed'] !== true || transaction.actor.origin !== 'api') return;
  if (closedOpportunities === 'locked')
    throw new DmlError('ENTITY_IS_LOCKED', 'the entity is locked for editing');
  throw new DmlError('FIELD_CUSTOM_VALIDATION_EXCEPTION', 'Closed opportunities cannot be changed.');
}
