import type { Fields } from '../../crm/connector.ts';
import type { WiredConnection } from '../../mapping/wired-connection.ts';
import { callTimeoutMs } from '../lease.ts';
import { AttachRefused } from './attachments.ts';

export interface AttachTarget {
  /** In the form the CRM answers with. */
  crmId: string;
  /** What the fields that attaching writes hold now. */
  before: Fields;
}

/**
 * Reads the record that a registration is to be attached to, straight from the CRM.
 * @throws AttachRefused when it is gone, closed, or carries another registration; SyncError when the CRM cannot be asked
 */
export async function readTarget(
  connection: WiredConnection,
  dealId: string,
  given: string,
  { mayBeClosed = false } = {},
): Promise<AttachTarget> {
  const { object, keyField } = connection.mapping.deal;
  const crmId = connection.connector.canonicalId?.(given) ?? given;
  await refuseElsewhere(connection, dealId, crmId);
  const fields = [keyField, ...attachFields(connection)];
  const deadline = Date.now() + callTimeoutMs;
  const [snapshot] = await connection.connector.readDeals(object, [crmId], fields, { deadline });
  if (!snapshot || snapshot.deleted)
    throw new AttachRefused(`${object} ${crmId} does not exist in ${connection.id} or was deleted.`, true);
  const holder = snapshot.fields[keyField] ?? null;
  if (holder !== null && holder !== '' && holder !== dealId)
    throw new AttachRefused(`${object} ${crmId} already carries the registration ${String(holder)}.`);
  if (!mayBeClosed && snapshot.stageHistory.at(-1)?.closed === true)
    throw new AttachRefused(`${object} ${crmId} is closed; a registration is attached while it is open.`);
  return { crmId: snapshot.crmId, before: { ...snapshot.fields, [keyField]: null } };
}

/** The CRM fields an attached deal writes. @throws AttachRefused when the mapping names none */
export function attachFields(connection: WiredConnection): string[] {
  const fields = connection.mapping.deal.write.filter((row) => row.attach).map((row) => row.to);
  if (fields.length > 0) return fields;
  throw new AttachRefused(
    `The mapping of ${connection.id} has no row with "attach: true", so nothing could be written.`,
  );
}

/** Our key may be on a record we do not know of yet: an answer that got lost, or a restored record. */
async function refuseElsewhere(connection: WiredConnection, dealId: string, crmId: string): Promise<void> {
  const { object, keyField } = connection.mapping.deal;
  const deadline = Date.now() + callTimeoutMs;
  const found = await connection.connector.lookupByKey(object, keyField, [dealId], { deadline });
  const other = found.get(dealId);
  if (other !== undefined && other !== crmId)
    throw new AttachRefused(
      `The deal is already ${object} ${other} in ${connection.id}: delete or merge that one first.`,
    );
}
