/** What the run-time user can see and do, against what the mapping needs: one describe for each object, one question for the stream. */
import { z } from 'zod';
import type { CallOptions } from '../../../src/crm/connector.ts';
import type { Inspection, NeededWrite, Needs } from '../../../src/crm/provisioning.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import type { SalesforceClient } from '../client.ts';
import { apiName } from '../soql.ts';
import { DATA_PATH } from '../versions.ts';
import { fieldDefinitions, type FieldDefinition } from './field-definitions.ts';
import { hasOwnPermissions, neededAccess, type ObjectAccess } from './needed-access.ts';
import { standardValueSets } from './standard-values.ts';

const Described = z.object({
  createable: z.boolean(),
  updateable: z.boolean(),
  fields: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      createable: z.boolean(),
      updateable: z.boolean(),
      unique: z.boolean(),
      externalId: z.boolean(),
      length: z.number(),
      picklistValues: z.array(z.object({ value: z.string(), active: z.boolean() })).nullish(),
    }),
  ),
});
type Described = z.infer<typeof Described>;
type DescribedField = Described['fields'][number];

const PROVISION =
  'Run tributary provision salesforce --as ADMIN: it shows whether it is missing or only not granted, and mends both.';

export async function inspect(
  client: SalesforceClient,
  hasTopic: ((object: string) => Promise<boolean>) | null,
  needs: Needs,
  options: CallOptions,
): Promise<Inspection[]> {
  const access = neededAccess(needs);
  const findings: Inspection[] = [];
  for (const [object, rights] of access.objects) {
    const described = await describe(client, object, options);
    if (described === null) {
      findings.push(trouble(`object ${object}`, 'the integration user may not read it', PROVISION));
      continue;
    }
    findings.push(...missingRights(object, rights, described), ...inspectFields(object, needs, described));
  }
  if (hasTopic !== null)
    for (const object of access.changeEvents) findings.push(...(await inspectTopic(object, hasTopic)));
  return findings;
}

async function describe(
  client: SalesforceClient,
  object: string,
  options: CallOptions,
): Promise<Described | null> {
  const path = `${DATA_PATH}/sobjects/${apiName(object)}/describe`;
  try {
    return await client.read(Described, { stage: 'describe', write: false, method: 'GET', path }, options);
  } catch (error) {
    if (error instanceof SyncError && error.details.httpStatus === 404) return null;
    throw error;
  }
}

function missingRights(object: string, rights: ObjectAccess, described: Described): Inspection[] {
  if (!hasOwnPermissions(object)) return [];
  const lacking = [
    ...(rights.create && !described.createable ? ['create'] : []),
    ...(rights.edit && !described.updateable ? ['edit'] : []),
  ];
  if (lacking.length === 0) return [];
  return [trouble(`object ${object}`, `the integration user may not ${lacking.join(' or ')} it`, PROVISION)];
}

/** The fields of the access rules and of the mapping; those that the mapping does without are left out. */
function inspectFields(object: string, needs: Needs, described: Described): Inspection[] {
  const fields = new Map(described.fields.map((field) => [field.name, field]));
  const mapped = needs.objects.filter((need) => need.object === object);
  const optional = new Set(
    mapped
      .flatMap(({ writes, reads }) => [...writes, ...reads].filter((row) => row.optional))
      .map(({ field }) => field),
  );
  const writes = new Map(mapped.flatMap((need) => need.writes.map((write) => [write.field, write])));
  const keys = new Set(mapped.map(({ keyField }) => keyField));
  return [...neededAccess(needs).fields].flatMap(([name, right]): Inspection[] => {
    const [of, field = ''] = name.split('.');
    if (of !== object || (optional.has(field) && !fields.has(field))) return [];
    const problem = problemOf(fields.get(field), {
      edit: right === 'edit',
      isKey: keys.has(field),
      write: writes.get(field),
      definition: fieldDefinitions.find((one) => one.name === field),
      picklist: standardValueSets[name],
    });
    if (problem === null) return [];
    return [{ ...trouble(`field ${name}`, problem.found, problem.nextStep), field: { object, field } }];
  });
}

interface Wanted {
  edit: boolean;
  isKey: boolean;
  write: NeededWrite | undefined;
  definition: FieldDefinition | undefined;
  /** Name of the standard value set behind the picklist. */
  picklist: string | undefined;
}

function problemOf(
  field: DescribedField | undefined,
  wanted: Wanted,
): { found: string; nextStep: string } | null {
  if (!field) return { found: 'does not exist, or the integration user may not see it', nextStep: PROVISION };
  const byHand = 'Correct it under Setup › Object Manager › Fields & Relationships, or map another field.';
  if (wanted.isKey && !(field.unique && field.externalId))
    return {
      found: 'is not a unique external ID: one deal could become two records',
      nextStep: `Make it unique and an external ID (Setup › Object Manager › Fields & Relationships).`,
    };
  const types = wanted.definition ? describedTypes[wanted.definition.type.type] : undefined;
  if (types && !types.includes(field.type))
    return { found: `is of the type ${field.type}, and ${types.join(' or ')} is needed`, nextStep: byHand };
  const changes = wanted.write?.changes ?? true;
  if (wanted.edit && (!field.createable || (changes && !field.updateable)))
    return { found: 'the integration user may read it, but not write it', nextStep: PROVISION };
  return missingValue(field, wanted);
}

function missingValue(
  field: DescribedField,
  { write, picklist }: Wanted,
): { found: string; nextStep: string } | null {
  const constant = write?.constant;
  if (field.type !== 'picklist' || typeof constant !== 'string') return null;
  if (field.picklistValues?.some(({ value, active }) => active && value === constant)) return null;
  return {
    found: `the picklist does not offer “${constant}”, which the mapping writes`,
    nextStep:
      picklist === undefined
        ? `Add it: Setup › Object Manager › Fields & Relationships › ${field.name} › Values.`
        : 'Run tributary provision salesforce --as ADMIN: it adds the value.',
  };
}

/** What describe calls the types of our fields. */
const describedTypes: Readonly<Record<FieldDefinition['type']['type'], readonly string[]>> = {
  Text: ['string'],
  Key: ['string'],
  Number: ['double', 'int'],
  Currency: ['currency'],
  Checkbox: ['boolean'],
  Date: ['date'],
  DateTime: ['datetime'],
  Url: ['url'],
  Email: ['email'],
  LongTextArea: ['textarea'],
  Lookup: ['reference'],
};

async function inspectTopic(
  object: string,
  hasTopic: (object: string) => Promise<boolean>,
): Promise<Inspection[]> {
  const check = `change events of ${object}`;
  try {
    if (await hasTopic(object)) return [];
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return [trouble(check, error.details.plain, error.details.nextStep ?? 'Run doctor again.')];
  }
  return [
    trouble(
      check,
      'are not selected, or the integration user may not receive them; changes are polled meanwhile',
      `Run tributary provision salesforce --as ADMIN, or select ${object} under Setup › Change Data Capture.`,
    ),
  ];
}

function trouble(check: string, found: string, nextStep: string): Inspection {
  return { check, ok: false, found, nextStep };
}
