/** What a portal is and which properties it has. */
import type {
  CallOptions,
  CrmIdentity,
  FieldDescription,
  ObjectDescription,
} from '../../src/crm/connector.ts';
import type { Caller } from './call.ts';
import { companyFieldsOf, isDeal, type Companies } from './company-fields.ts';
import { isStatic, type HubspotCredentials, type HubspotSettings } from './config.ts';
import { nativeSyncOf, type SalesforceSync } from './native-sync.ts';
import { AccountAnswer, PropertiesAnswer, type Property } from './schema.ts';
import { accountPath, propertiesPath } from './versions.ts';

export async function identify(
  call: Caller,
  settings: HubspotSettings,
  credentials: HubspotCredentials,
  options: CallOptions,
): Promise<CrmIdentity> {
  const { data } = await call(
    { stage: 'connect', write: false },
    { method: 'GET', path: accountPath },
    AccountAnswer,
    options,
  );
  return {
    accountId: data.portalId,
    name: `HubSpot portal ${data.portalId}`,
    production: data.accountType === undefined || data.accountType === 'STANDARD',
    currency: data.companyCurrency,
    actsAs: actsAs(settings, credentials),
    ...(settings.appId ? { originId: settings.appId } : {}),
  };
}

/** HubSpot's clock, from the Date header of the smallest answer there is. Resolution: one second, rounded down. */
export async function vendorNow(call: Caller, options: CallOptions): Promise<Date> {
  const { answer } = await call(
    { stage: 'poll', write: false },
    { method: 'GET', path: accountPath },
    AccountAnswer,
    options,
  );
  return answerTime(answer.header('date'));
}

/** When an answer was given, by HubSpot's clock; by ours if a proxy took the header away. */
export function answerTime(dateHeader: string | null): Date {
  const at = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  return new Date(Number.isNaN(at) ? Date.now() : at);
}

export async function describe(
  { call, labelOf }: Companies,
  object: string,
  options: CallOptions,
  salesforceSync: SalesforceSync = 'auto',
): Promise<ObjectDescription> {
  const label = isDeal(object) ? await labelOf({ ...options, fresh: true }) : null;
  const path = propertiesPath(object);
  const { data } = await call(
    { stage: 'describe', write: false },
    { method: 'GET', path },
    PropertiesAnswer,
    options,
  );
  const nativeSync = nativeSyncOf(object, data.results, salesforceSync);
  return {
    object,
    fields: new Map(
      [...data.results.map((property) => fieldOf(object, property)), ...companyFieldsOf(object, label)].map(
        (field) => [field.name, field],
      ),
    ),
    ...(nativeSync === null ? {} : { nativeSync }),
  };
}

function fieldOf(object: string, property: Property): FieldDescription {
  const writable = property.modificationMetadata?.readOnlyValue !== true && property.calculated !== true;
  const allowedValues = allowedValuesOf(property);
  return {
    name: property.name,
    label: property.label,
    type: typeOf(property),
    createable: writable,
    updateable: writable,
    unique: property.hasUniqueValue === true || isUniqueByNature(object, property.name),
    // HubSpot's API demands no property: required ones are a matter of its forms.
    required: false,
    ...(allowedValues === undefined ? {} : { allowedValues }),
  };
}

/** HubSpot keeps contacts apart by e-mail, whether or not the property's definition says so. */
export function isUniqueByNature(object: string, name: string): boolean {
  return name === 'email' && (object === 'contacts' || object === '0-1');
}

function typeOf({ type, referencedObjectType }: Property): FieldDescription['type'] {
  if (referencedObjectType !== undefined) return 'reference';
  switch (type) {
    case 'string':
    case 'phone_number':
      return 'string';
    case 'number':
    case 'date':
    case 'datetime':
      return type;
    case 'bool':
      return 'boolean';
    case 'enumeration':
      return 'picklist';
    default:
      return 'other';
  }
}

/** Options kept elsewhere (owners, pipelines, currencies) come as an empty list, which does not mean "none allowed". */
function allowedValuesOf({ type, externalOptions, options }: Property): readonly string[] | undefined {
  if (type !== 'enumeration' || externalOptions === true || options.length === 0) return undefined;
  return options.map(({ value }) => value);
}

function actsAs(settings: HubspotSettings, credentials: HubspotCredentials): string {
  if (isStatic(credentials)) return 'private app';
  return settings.appId === undefined ? `OAuth client ${credentials.clientId}` : `app ${settings.appId}`;
}
