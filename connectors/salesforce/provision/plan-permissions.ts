import { z } from 'zod';
import type { Needs } from '../../../src/crm/provisioning.ts';
import { SyncError } from '../../../src/crm/sync-error.ts';
import { query } from '../query.ts';
import { apiName, soql } from '../soql.ts';
import { DATA_PATH } from '../versions.ts';
import { isOurs, type Component, type Content } from './component.ts';
import { createStep, updateStep, type Hands, type Step } from './hands.ts';
import { neededAccess } from './needed-access.ts';
import { neededFields } from './needed-fields.ts';
import {
  extended,
  INTEGRATION_SET,
  integrationSet,
  lackingIn,
  readerSet,
  type Permissionable,
} from './permission-set.ts';

const reading = { stage: 'provision', write: false } as const;
export const IdRow = z.object({ Id: z.string() });
const DescribedRights = z.object({
  fields: z.array(
    z.object({ name: z.string(), permissionable: z.boolean(), compoundFieldName: z.string().nullish() }),
  ),
});

/** The permission sets, and who gets the one of the run-time user. */
export async function planPermissions(hands: Hands, needs: Needs, runsAs: string): Promise<Step[]> {
  const permissionable = await readPermissionable(hands, needs);
  const wanted = [integrationSet(needs, permissionable), readerSet(needs)].filter((one) => one !== null);
  const found = await hands.metadata.read(
    'PermissionSet',
    wanted.map(({ fullName }) => fullName),
    hands.options(),
  );
  const sets = wanted.map((component) => planSet(component, found.get(component.fullName)));
  return [...sets, await planAssignment(hands, runsAs)];
}

/** Custom fields are not described until somebody may see them; field-level security can be set for all that are optional. */
async function readPermissionable(hands: Hands, needs: Needs): Promise<Permissionable> {
  const described = new Map<string, string>();
  for (const object of neededAccess(needs).objects.keys()) {
    const path = `${DATA_PATH}/sobjects/${apiName(object)}/describe`;
    const { fields } = await hands.client.read(
      DescribedRights,
      { ...reading, method: 'GET', path },
      hands.options(),
    );
    const own = new Set(fields.filter((field) => field.permissionable).map(({ name }) => name));
    for (const { name, compoundFieldName } of fields) {
      const granted = own.has(name) ? name : compoundFieldName;
      if (granted && own.has(granted)) described.set(`${object}.${name}`, `${object}.${granted}`);
    }
  }
  const custom = [...neededAccess(needs).fields.keys()].filter((name) => name.endsWith('__c'));
  const made = await hands.metadata.read('CustomField', custom, hands.options());
  const defined = new Set(neededFields(needs).defined.map(({ object, name }) => `${object}.${name}`));
  return (name) => {
    if (!name.endsWith('__c')) return described.get(name) ?? null;
    const isOptional = made.has(name) ? made.get(name)?.['required'] !== 'true' : defined.has(name);
    return isOptional ? name : null;
  };
}

function planSet(component: Component, found: Content | undefined): Step {
  const { fullName, content } = component;
  const item = `permission set ${fullName}`;
  if (!found) return createStep(item, describeSet(content), component);
  const lacking = lackingIn(content, found);
  if (lacking.length === 0)
    return { item: { item, state: 'exists', found: 'grants what is needed' }, component };
  if (isOurs(found)) {
    const added = { ...component, content: extended(content, found) };
    return updateStep(item, `gets what it lacks: ${lacking.join(', ')}`, added);
  }
  const nextStep = 'It is left as it is. Rename it, or grant this in it yourself.';
  return {
    item: {
      item,
      state: 'differs',
      found: `not made by Tributary, and lacks ${lacking.join(', ')}`,
      nextStep,
    },
  };
}

function describeSet(content: Content): string {
  const count = (part: string): number => (Array.isArray(content[part]) ? content[part].length : 0);
  const objects = count('objectPermissions');
  return objects === 0
    ? `read ${count('fieldPermissions')} fields; assign it to the people who work the deals`
    : `${objects} objects, ${count('fieldPermissions')} fields, API Enabled`;
}

async function planAssignment(hands: Hands, username: string): Promise<Step> {
  const item = assignmentItem(username);
  const [user] = await rows(hands, 'User', 'Username', [username]);
  if (!user) {
    const nextStep = `Create it: Setup › Users › New User, licence "Salesforce Integration", profile "Minimum Access - API Only Integrations".`;
    return { item: { item, state: 'by-hand', found: `the org has no user ${username}`, nextStep } };
  }
  const [set] = await rows(hands, 'PermissionSet', 'Name', [INTEGRATION_SET]);
  const given = set ? await assignments(hands, [set.Id]) : [];
  if (given.some(({ AssigneeId }) => AssigneeId === user.Id))
    return { item: { item, state: 'exists', found: 'assigned' } };
  return {
    item: { item, state: 'create', found: `${username} gets it` },
    act: (acting) => assign(acting, user.Id),
  };
}

async function assign(hands: Hands, userId: string): Promise<void> {
  const [set] = await rows(hands, 'PermissionSet', 'Name', [INTEGRATION_SET]);
  const path = `${DATA_PATH}/sobjects/PermissionSetAssignment`;
  const json = { PermissionSetId: set?.Id, AssigneeId: userId };
  try {
    await hands.client.send({ stage: 'provision', write: true, method: 'POST', path, json }, hands.options());
  } catch (error) {
    // An answer that got lost last time: the user has it already.
    if (!(error instanceof SyncError) || error.kind !== 'duplicate') throw error;
  }
}

export function assignmentItem(username: string): string {
  return `assignment ${INTEGRATION_SET} to ${username}`;
}

const AssignmentRow = z.object({ Id: z.string(), AssigneeId: z.string() });

export async function assignments(
  hands: Hands,
  setIds: readonly string[],
): Promise<z.infer<typeof AssignmentRow>[]> {
  if (setIds.length === 0) return [];
  const where = [{ field: 'PermissionSetId', oneOf: setIds }];
  const text = soql({ from: 'PermissionSetAssignment', fields: ['Id', 'AssigneeId'], where });
  return query(hands.client, AssignmentRow, { ...reading, soql: text }, hands.options());
}

export async function rows(
  hands: Hands,
  from: string,
  field: string,
  values: readonly string[],
): Promise<z.infer<typeof IdRow>[]> {
  const text = soql({ from, fields: ['Id'], where: [{ field, oneOf: values }] });
  return query(hands.client, IdRow, { ...reading, soql: text }, hands.options());
}
