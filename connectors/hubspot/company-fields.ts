/**
 * The companies of a deal as fields of it. HubSpot keeps them as associations, which a mapping could not name: read and written
 * under these names they are owned, compared, proposed and taken back like any other field. No property can have such a name.
 */
import type { CallOptions, FieldDescription, FieldValue } from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import type { CallSite } from './errors.ts';
import { readAssociations, type Neighbours } from './read-associations.ts';
import type { PartnerLabel } from './tag/partner-label.ts';

/** The deal's primary company: the customer. */
export const PRIMARY_COMPANY = 'companies.primary';
/** The company with the label "Partner of record". */
export const PARTNER_COMPANY = 'companies.partner';
const LABELS: Readonly<Record<string, string>> = {
  [PRIMARY_COMPANY]: 'Primary company',
  [PARTNER_COMPANY]: 'Partner of record',
};

/** HubSpot's own association type, as its client lists it. */
export const DEAL_TO_PRIMARY_COMPANY = 5;

export interface Companies {
  call: Caller;
  labelOf: PartnerLabel;
}

export function isCompanyField(name: string): boolean {
  return name in LABELS;
}

/** What of these fields is a property of the record itself. */
export function propertiesOf(fields: readonly string[]): string[] {
  return fields.filter((name) => !isCompanyField(name));
}

/** The fields that deals of this portal have besides their properties: without its label there is no partner's company. */
export function companyFieldsOf(object: string, label: number | null): FieldDescription[] {
  if (!isDeal(object)) return [];
  return Object.keys(LABELS)
    .filter((name) => name !== PARTNER_COMPANY || label !== null)
    .map((name) => ({
      name,
      label: LABELS[name] ?? name,
      type: 'reference',
      createable: true,
      updateable: true,
      unique: false,
      required: false,
    }));
}

export function isDeal(object: string): boolean {
  return object === 'deals' || object === '0-3';
}

/** Deal id → its values of those of these fields that are companies. One call for up to a thousand deals, none without such fields. */
export async function readCompanies(
  { call, labelOf }: Companies,
  site: CallSite,
  wanted: { ids: readonly string[]; fields: readonly string[] },
  options: CallOptions,
): Promise<(id: string) => Record<string, FieldValue>> {
  const fields = wanted.fields.filter(isCompanyField);
  if (fields.length === 0 || wanted.ids.length === 0) return () => ({});
  // A label that is not there any more says nothing of whose deal it is: the field is left out then.
  const label = fields.includes(PARTNER_COMPANY) ? await labelOf(options) : null;
  const ends = { from: 'deals', to: 'companies', ids: wanted.ids };
  const found = await readAssociations(call, site, ends, options);
  return (id) => {
    const neighbours: Neighbours = found.get(id) ?? new Map();
    const primary = fields.includes(PRIMARY_COMPANY)
      ? { [PRIMARY_COMPANY]: withType(neighbours, DEAL_TO_PRIMARY_COMPANY) }
      : {};
    return label === null ? primary : { ...primary, [PARTNER_COMPANY]: withType(neighbours, label) };
  };
}

/** Several companies with one label are told as what they are: not the one that was written. */
function withType(neighbours: Neighbours, type: number): string | null {
  const ids = [...neighbours].flatMap(([id, types]) => (types.includes(type) ? [id] : [])).toSorted();
  return ids.length === 0 ? null : ids.join(', ');
}
