import pRetry from 'p-retry';
import type {
  CallOptions,
  Capabilities,
  Connector,
  NativeSync,
  ObjectDescription,
  Stage,
} from '../crm/connector.ts';
import type { RecordType, RecordTypeValues } from '../crm/record-types.ts';
import type { NamesFound, NamesWanted } from '../crm/tags.ts';
import { SyncError } from '../crm/sync-error.ts';
import { fitMapping, pauseByFaults, type FittedMapping, type MappingFault } from '../mapping/fit.ts';
import { chooseRecordType, recordTypeFaults, unfilledFaults } from '../mapping/fit-record-type.ts';
import type { LoadedMapping } from '../mapping/load.ts';
import { fitPipelines, type StartRule } from '../mapping/fit-pipelines.ts';
import { fitPersons } from '../mapping/fit-persons.ts';
import { fitSummed } from '../mapping/summed-field.ts';
import { nameFaults, namesWanted, resolvedNames, tagRows } from '../mapping/resolve-tags.ts';
import type { ResolvedNames } from '../mapping/resolved-names.ts';
import { callTimeoutMs } from '../mirror/lease.ts';

export interface FittedOrg {
  mapping: FittedMapping;
  stages: readonly Stage[];
  /** Where a new deal may start, in the org's order. */
  openStages: readonly Stage[];
  /** Which of them, by facts of the deal. */
  startRules: readonly StartRule[];
  /** Null: nobody else copies the deals of this org. */
  nativeSync: NativeSync | null;
}

/**
 * Fits a mapping to what the org has and allows: fields, record types and their picklists, names, licences. Whatever would
 * refuse every deal is a fault here, before the first one.
 */
export async function fitOrg(
  connector: Connector,
  capabilities: Capabilities,
  given: LoadedMapping,
  known: { worked?: ReadonlySet<string>; fresh?: boolean } = {},
): Promise<FittedOrg> {
  const wanted = connector.pollLeads ? given : asDeals(given);
  const described = await describeAll(connector, wanted, known.fresh === true);
  const deal = described.get(wanted.deal.object);
  const { recordType, faults } = chooseRecordType(wanted.tags?.recordType?.name, deal);
  const values = await valuesOf(connector, wanted.deal.object, recordType);
  faults.push(...sectionFaults(connector, given, described));
  const persons = fitPersons(wanted, described.get(wanted.account.object), capabilities);
  faults.push(...persons.faults);
  const names = await lookUpNames(connector, wanted, faults);
  if (!capabilities.tagFields) faults.push(...fieldTagFaults(wanted));
  const tags = capabilities.tagFields ? tagRows(wanted, names, recordType, capabilities.tagFields) : [];
  const tagged = new Set(tags.map((row) => row.to));
  const write = [...wanted.deal.write.filter((row) => !tagged.has(row.to)), ...tags];
  const mapping = fitMapping({ ...wanted, deal: { ...wanted.deal, write } }, described, known.worked);
  for (const record of ['account', 'contact', 'deal'] as const)
    faults.push(...unfilledFaults(mapping[record], described.get(mapping[record].object)));
  if (recordType !== null && values !== null)
    faults.push(...recordTypeFaults(mapping.deal, deal, recordType, values));
  const stages = await asking((options) => connector.stages(options));
  const start = fitPipelines(
    wanted.pipelines,
    stages,
    openStages(stages, mapping, values),
    wanted.deal.object,
  );
  faults.push(...start.faults);
  return {
    mapping: {
      ...pauseByFaults(mapping, faults, described),
      names,
      personRows: persons.rows,
      summed: fitSummed(capabilities.summed, mapping, deal),
    },
    stages,
    openStages: start.openStages,
    startRules: start.rules,
    nativeSync: deal?.nativeSync ?? null,
  };
}

/** Nobody could tell what became of a lead there. */
function asDeals({ lead: _lead, ...mapping }: LoadedMapping): LoadedMapping {
  return { ...mapping, target: 'opportunity' };
}

/** Sections that this CRM cannot follow. */
function sectionFaults(
  connector: Connector,
  { tags, card, owner, account, deal, lineItems, lead }: LoadedMapping,
  described: ReadonlyMap<string, ObjectDescription>,
): MappingFault[] {
  const fault = (field: string, problem: string): MappingFault[] => [{ object: 'mapping', field, problem }];
  const cannot = 'Tributary cannot do this for this CRM: take the section out of the mapping';
  const ownerField = deal.read.find((row) => row.to === 'owner');
  const isRuled = owner !== undefined && owner.rule !== 'integration-user';
  const asked = owner?.rule === 'territory' && typeof owner.by === 'object' ? owner.by.accountField : null;
  const isUnknown = asked !== null && !described.get(account.object)?.fields.has(asked);
  return [
    ...(tags && !connector.resolveNames ? fault('tags', cannot) : []),
    ...(lead && !connector.pollLeads ? fault('lead', `${cannot}; deals go there as deals`) : []),
    ...(lineItems.write && !connector.writeLineItems ? fault('lineItems.write', cannot) : []),
    ...(card?.note === 'on' && !connector.resolveNames ? fault('card', cannot) : []),
    ...(isRuled && !connector.readOwners ? fault('owner', cannot) : []),
    ...(isRuled && !ownerField ? fault('owner', 'needs a row { to: owner, from: ... } in deal.read') : []),
    ...(isUnknown ? fault('owner.by', `${account.object} has no field ${asked} that our user can see`) : []),
  ];
}

/** Tags that are fields of the deal, where the CRM has none of these: ignored they would look done. */
function fieldTagFaults({ tags }: LoadedMapping): MappingFault[] {
  const problem = 'this CRM has no such field: write the value by a row of deal.write';
  return (['leadSource', 'campaign', 'recordType'] as const)
    .filter((tag) => tags?.[tag] !== undefined)
    .map((tag) => ({ object: 'mapping', field: `tags.${tag}`, problem }));
}

async function valuesOf(
  connector: Connector,
  object: string,
  recordType: RecordType | null,
): Promise<RecordTypeValues | null> {
  const read = connector.recordTypeValues;
  if (recordType === null || read === undefined) return null;
  return asking((options) => read(object, recordType.id, options));
}

async function lookUpNames(
  connector: Connector,
  mapping: LoadedMapping,
  faults: MappingFault[],
): Promise<ResolvedNames> {
  const wanted = namesWanted(mapping);
  if (wanted === null) return resolvedNames(nothing);
  const found = await findNames(connector, wanted);
  faults.push(...nameFaults(wanted, found));
  return resolvedNames(found);
}

const nothing: NamesFound = { campaigns: new Map(), users: new Map(), faults: [], noteObject: null };

async function findNames(connector: Connector, wanted: NamesWanted): Promise<NamesFound> {
  const find = connector.resolveNames;
  return find === undefined ? nothing : asking((options) => find(wanted, options));
}

/** A stage that the record type does not offer would refuse every new deal. */
function openStages(
  stages: readonly Stage[],
  { deal }: LoadedMapping,
  values: RecordTypeValues | null,
): Stage[] {
  const field = deal.write.find((row) => row.from === 'stage.open')?.to;
  const offered = field === undefined ? undefined : values?.get(field);
  return stages
    .filter((stage) => !stage.closed && !stage.won && (offered === undefined || offered.includes(stage.id)))
    .sort((a, b) => a.order - b.order);
}

async function describeAll(
  connector: Connector,
  mapping: LoadedMapping,
  fresh: boolean,
): Promise<Map<string, ObjectDescription>> {
  const lead = mapping.lead ? [mapping.lead.object] : [];
  const objects = [mapping.deal.object, mapping.account.object, mapping.contact.object, ...lead];
  const described = await Promise.all(objects.map((object) => describeVisible(connector, object, fresh)));
  return new Map(described.flatMap((one) => (one === null ? [] : [[one.object, one]])));
}

/** Null: the org does not have the object, or hides it from us. */
async function describeVisible(
  connector: Connector,
  object: string,
  fresh: boolean,
): Promise<ObjectDescription | null> {
  try {
    return await asking((options) => connector.describe(object, { ...options, fresh }));
  } catch (error) {
    if (error instanceof SyncError && error.details.schemaSuspect === true) return null;
    throw error;
  }
}

/**
 * Opening needs half a dozen reads to succeed together; on a CRM's bad day one of them would almost always fail, so each
 * is asked again a few times. Only what a repetition can mend: refused credentials are reported at once.
 */
export function asking<T>(read: (options: CallOptions) => Promise<T>): Promise<T> {
  return pRetry(() => read({ deadline: Date.now() + callTimeoutMs }), {
    retries: 3,
    minTimeout: 200,
    factor: 2,
    randomize: true,
    shouldRetry: (error) => error instanceof SyncError && error.kind === 'unavailable',
  });
}
