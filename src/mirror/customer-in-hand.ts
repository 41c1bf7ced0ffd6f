/**
 * Writing a deal or a contact locks its account in the CRM, and two writers of one account refuse each other
 * (UNABLE_TO_LOCK_ROW at Salesforce). So what belongs to a customer whom another claim has in hand, or a job the CRM works on,
 * is left alone until that is over.
 * @param condition further SQL about the other one, `held`
 * @returns SQL that is true for a row `wanted` (of mirrors, or a contact of crm_references) unless its customer is in hand;
 * $1 is the connection. Two plain NOT EXISTS: joined by OR the planner would look each row up, twice, however many are due.
 */
export function customerIsFree(condition = ''): string {
  return `NOT EXISTS (SELECT 1 FROM mirrors held WHERE ${isHeld} ${condition})
    AND NOT EXISTS (SELECT 1 FROM crm_references held WHERE ${isHeld} ${condition})`;
}

const isHeld = `held.connection_id = $1 AND held.account_key = wanted.account_key AND held.leased_until > clock_timestamp()
  AND (held.leased_until < 'infinity'
       OR held.lease_token IN (SELECT id FROM bulk_jobs WHERE connection_id = $1 AND state IN ('uploaded', 'working')))`;
