import type { AdminRecord, DealRow } from '../../admin/adapter.ts';
import { OBJECT_TYPES } from '../portal/object-types.ts';
import { presentRead } from '../objects/present.ts';
import type { CrmRecord } from '../records/record.ts';
import type { Sandbox } from '../sandbox.ts';

const HUBSPOT_OWN = ['hs_object_id', 'hs_object_source', 'hs_object_source_id', 'hs_merged_object_ids'];

/** A record with every value it has, and its associations by object: `{companies: [{id, typeIds}]}`. */
export function presentForAdmin(sandbox: Sandbox, record: CrmRecord): AdminRecord {
  const names = [...Object.keys(record.values), ...HUBSPOT_OWN, 'createdate', 'hs_lastmodifieddate'];
  const associations = Object.fromEntries(
    OBJECT_TYPES.map(({ id, plural }) => [
      plural,
      sandbox.ledger.associations.of(record.type, record.id, id),
    ]),
  );
  return { ...presentRead(record, names), associations };
}

/** A deal as the sandbox's page lists it. */
export function presentDealRow(sandbox: Sandbox, deal: CrmRecord): DealRow {
  const { values } = deal;
  const pipeline = sandbox.portal.pipelines.find(({ id }) => id === values['pipeline']);
  const stage = pipeline?.stages.find(({ id }) => id === values['dealstage']);
  const companyId = sandbox.ledger.associations.of('0-3', deal.id, '0-2')[0]?.id;
  const company = companyId === undefined ? undefined : sandbox.ledger.stores['0-2'].live(companyId);
  return {
    id: deal.id,
    name: values['dealname'] ?? '',
    account: company?.values['name'] ?? company?.values['domain'] ?? '',
    sourcedBy: values['tributary_partner'] ?? '',
    stage: stage?.label ?? '',
    amount: values['amount'] ? `${values['amount']} ${values['deal_currency_code'] ?? ''}` : '',
    closed: values['hs_is_closed'] === 'true',
  };
}
