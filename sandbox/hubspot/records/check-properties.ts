import type { TypeId } from '../portal/object-types.ts';
import { findStage, isEnabledCurrency, type Portal } from '../portal/portal.ts';
import { isClosed, type Stage } from '../portal/pipelines.ts';
import { checkValue, type ValueFault } from './check-value.ts';
import { calculatedFrom } from './deal-stages.ts';
import { lineItemAmount } from './line-item-amount.ts';
import type { CrmRecord, Values } from './record.ts';

/** A property's validation result; `name` says which. */
export interface PropertyFault extends ValueFault {
  name: string;
  value: string;
}

/** Properties as a request carries them: JSON scalars, null to clear. */
export type RawProperties = Record<string, string | number | boolean | null>;

/** What would be written, and everything that is wrong with it. */
export interface CheckedProperties {
  values: Values;
  calculated: Values | undefined;
  faults: PropertyFault[];
}

/** Checks properties for a create (`existing` undefined) or an update, and adds what HubSpot itself would set. */
export function checkProperties(
  portal: Portal,
  type: TypeId,
  raw: RawProperties,
  existing: CrmRecord | undefined,
  now: number,
): CheckedProperties {
  const checked: CheckedProperties = { values: {}, calculated: undefined, faults: [] };
  const { properties } = portal.schemas[type];
  for (const name of Object.keys(raw)) {
    const value = asText(raw[name]);
    const property = properties.get(name);
    if (property === undefined || property.archived) {
      refuse(checked, name, value, 'PROPERTY_DOESNT_EXIST', `Property "${name}" does not exist`);
    } else if (property.readOnly) {
      const message = `"${name}" is a read only property; its value cannot be set.`;
      refuse(checked, name, value, 'READ_ONLY_VALUE', message);
    } else {
      const result = checkValue(property, value);
      if ('fault' in result) checked.faults.push({ name, value, ...result.fault });
      else checked.values[name] = result.value;
    }
  }
  if (checked.values['hubspot_owner_id']) checkOwner(portal, checked);
  if (type === '0-3') checkDeal(portal, checked, existing, now);
  if (type === '0-8' && checked.faults.length === 0) {
    checked.calculated = lineItemAmount({ ...existing?.values, ...checked.values });
  }
  return checked;
}

/** JSON scalars become text, as HubSpot's own parser makes them. */
function asText(value: RawProperties[string] | undefined): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : String(value);
}

function checkOwner(portal: Portal, checked: CheckedProperties): void {
  const id = checked.values['hubspot_owner_id'] as string;
  const known = portal.owners.some((owner) => owner.id === id && !owner.archived);
  if (!known) refuse(checked, 'hubspot_owner_id', id, 'INVALID_OWNER_ID', `Owner ${id} does not exist`);
}

function checkDeal(
  portal: Portal,
  checked: CheckedProperties,
  existing: CrmRecord | undefined,
  now: number,
): void {
  const { values } = checked;
  checkCurrency(portal, checked, existing);
  if (existing !== undefined && values['dealstage'] === undefined && values['pipeline'] === undefined) return;
  const stage = checkStage(portal, checked, existing);
  if (stage === undefined) return;
  checked.calculated = calculatedFrom(stage);
  // Entering a closed stage sets the close date, unless the same write says another.
  const wasClosed = existing?.values['hs_is_closed'] === 'true';
  if (isClosed(stage) && !wasClosed && values['closedate'] === undefined) {
    values['closedate'] = new Date(now).toISOString();
  }
}

function checkCurrency(portal: Portal, checked: CheckedProperties, existing: CrmRecord | undefined): void {
  const { values } = checked;
  const code = values['deal_currency_code'];
  if (code === undefined || code === '') {
    if (existing === undefined) values['deal_currency_code'] = portal.companyCurrency;
    return;
  }
  if (isEnabledCurrency(portal, code)) return;
  const allowed = [portal.companyCurrency, ...portal.additionalCurrencies].join(', ');
  const message = `${code} was not one of the allowed options: [${allowed}]`;
  refuse(checked, 'deal_currency_code', code, 'INVALID_OPTION', message);
}

function checkStage(
  portal: Portal,
  checked: CheckedProperties,
  existing: CrmRecord | undefined,
): Stage | undefined {
  const { values } = checked;
  const pipelineId = values['pipeline'] || existing?.values['pipeline'] || defaultPipelineId(portal);
  const pipeline = portal.pipelines.find(({ id }) => id === pipelineId);
  if (pipeline === undefined) {
    const ids = portal.pipelines.map(({ id }) => id).join(', ');
    const message = `${pipelineId} is not a valid pipeline ID. Valid options are: [${ids}]`;
    refuse(checked, 'pipeline', pipelineId, 'INVALID_OPTION', message);
    return undefined;
  }
  if (existing === undefined) values['pipeline'] = pipelineId;
  const stageId = values['dealstage'] ?? existing?.values['dealstage'] ?? '';
  if (stageId === '' && existing === undefined) return undefined;
  const stage = findStage(portal, pipelineId, stageId);
  if (stage === undefined) {
    const ids = pipeline.stages.map(({ id }) => id).join(', ');
    const message = `${stageId} is not a valid pipeline stage ID. Valid options are: pipelineId=${pipelineId} : [${ids}]`;
    refuse(checked, 'dealstage', stageId, 'INVALID_OPTION', message);
  }
  return stage;
}

function defaultPipelineId(portal: Portal): string {
  return portal.pipelines[0]?.id ?? 'default';
}

function refuse(
  checked: CheckedProperties,
  name: string,
  value: string,
  error: string,
  message: string,
): void {
  checked.faults.push({ name, value, error, message });
}
