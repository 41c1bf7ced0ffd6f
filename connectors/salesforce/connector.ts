import type { CallOptions, Connector, ConnectorContext, ObjectDescription } from '../../src/crm/connector.ts';
import { SyncError, type SyncStage } from '../../src/crm/sync-error.ts';
import { openBulkWriter } from './bulk/bulk-writer.ts';
import { checkLogin } from './check-login.ts';
import { openClient, type SalesforceClient } from './client.ts';
import { findConflicts } from './conflicts/find.ts';
import { deletions } from './deletions.ts';
import { identify } from './describe.ts';
import { openDescriber } from './describe-object.ts';
import { misuse } from './errors.ts';
import { readLineItems } from './line-items/read.ts';
import { writeLineItems } from './line-items/write.ts';
import { isTrustedEndpoint } from './hosts.ts';
import { pollLeads } from './lead/poll.ts';
import { readLimits } from './limits.ts';
import { link } from './link.ts';
import { listen } from './listen.ts';
import { openEventBus } from './listen-client.ts';
import { lookupByKey } from './lookup.ts';
import { findMatches } from './match.ts';
import { inspect } from './provision/inspect.ts';
import { readOwners } from './owners.ts';
import { personContacts } from './person-contacts.ts';
import { poll, vendorNow } from './poll.ts';
import { readDeals, readRecords } from './pull.ts';
import { push } from './push.ts';
import { readReferences } from './read-references.ts';
import type { VisibleFields } from './reference-facts.ts';
import { recordTypeValues } from './record-types.ts';
import { fullId } from './record-id.ts';
import type { Credentials, Settings } from './settings.ts';
import { removalOf } from './remove.ts';
import { openStageBook } from './stages.ts';
import { findUnregistered } from './unregistered.ts';
import { resolveNames } from './tag/names.ts';

/** One org, ready for calls. Nothing is sent before the first call. */
export function openConnector(context: ConnectorContext<Settings, Credentials>): Connector {
  const client = openClient(context);
  const describe = openDescriber(client);
  const stages = openStageBook(client, context);
  const { settings, log } = context;
  const removal = removalOf(client);
  // Opening a connection describes its objects anyway; a query that names a hidden field would be refused as a whole.
  const visible = new Map<string, VisibleFields>();
  const heedDescription = ({ object, fields }: ObjectDescription): void =>
    void visible.set(object, new Set(fields.keys()));
  const describeAndRemember: Connector['describe'] = async (object, options) => {
    const description = await describe(object, options);
    heedDescription({ ...description, object });
    return description;
  };
  const asVisible = async <T>(
    { object }: { object: string },
    options: CallOptions,
    ask: (fields: VisibleFields) => Promise<T>,
  ): Promise<T> => {
    if (!visible.has(object)) await describeAndRemember(object, options);
    return ask(visible.get(object) ?? new Set());
  };
  return {
    identify: (options) => only('connect', identify(client, settings, options)),
    describe: (object, options) => only('describe', describeAndRemember(object, options)),
    heedDescription,
    stages: (options) => only('describe', stages.active(options)),
    vendorNow: (options) => only('poll', vendorNow(client, options)),
    findMatches: (request, options) =>
      only(
        'resolve',
        asVisible(request, options, (visible) => findMatches(client, request, visible, options)),
      ),
    readReferences: (request, options) =>
      only(
        'resolve',
        asVisible(request, options, (visible) => readReferences(client, request, visible, options)),
      ),
    lookupByKey: (object, keyField, keys, options) =>
      only('lookup', lookupByKey(client, object, keyField, keys, options)),
    canonicalId: fullId,
    push: (request, options) => only('push', push(client, request, options)),
    link: (links, options) => only('link', link(client, settings, links, options)),
    resolveNames: (wanted, options) => only('describe', resolveNames(client, wanted, options)),
    readOwners: (wanted, options) => only('lookup', readOwners(client, wanted, options)),
    recordTypeValues: (object, recordTypeId, options) =>
      only('describe', recordTypeValues(client, object, recordTypeId, options)),
    readDeals: (object, crmIds, fields, options) =>
      only('read', readDeals(client, stages, log, object, crmIds, fields, options)),
    findConflicts: (object, keyField, wanted, options) =>
      only('lookup', findConflicts(client, object, keyField, wanted, options)),
    pollLeads: (object, keyField, window, options) =>
      only('poll', pollLeads(client, object, keyField, window, options)),
    findUnregistered: (wanted, options) => only('poll', findUnregistered(client, wanted, options)),
    readLineItems: (dealIds, withCurrency, options) =>
      only('read', readLineItems(client, dealIds, withCurrency, options)),
    writeLineItems: (wanted, options) => only('link', writeLineItems(client, wanted, options)),
    personContacts: (object, accountIds, options) =>
      only(
        'resolve',
        asVisible({ object }, options, (visible) =>
          personContacts(client, object, accountIds, visible, options),
        ),
      ),
    removal: {
      inspect: (object, crmIds, options) => only('read', removal.inspect(object, crmIds, options)),
      remove: (crmIds, options) => only('push', removal.remove(crmIds, options)),
    },
    readRecords: (object, crmIds, fields, options) =>
      only('read', readRecords(client, object, crmIds, fields, options)),
    poll: (object, keyField, window, options) =>
      only('poll', poll(client, object, keyField, window, options)),
    bulk: openBulkWriter(client, settings),
    usage: () => client.usage.latest(),
    limits: (options) => only('describe', readLimits(client, options)),
    deletions: (object, window, options) => only('poll', deletions(client, object, window, options)),
    notifications: settings.notifications,
    ...(settings.notifications === 'poll' ? {} : { listen: (request) => listen(client, context, request) }),
    inspect: (needs, options) =>
      only('describe', inspect(client, topicsOf(client, settings, options), needs, options)),
    checkLogin: (options) => only('connect', checkLogin(client, options)),
    close: () => Promise.resolve(),
  };
}

/** Asks the event bus for one object's topic; null where this connection is polled by choice. */
function topicsOf(
  client: SalesforceClient,
  settings: Settings,
  options: CallOptions,
): ((object: string) => Promise<boolean>) | null {
  // A local sandbox without an event bus of its own keeps the vendor's address: its token is not sent there.
  if (settings.notifications === 'poll' || !isTrustedEndpoint(settings.pubsubEndpoint, settings.sandbox))
    return null;
  return async (object) => {
    const session = await client.sessions.current({ stage: 'listen', write: false }, options);
    const bus = openEventBus(settings.pubsubEndpoint, session, settings.sandbox);
    try {
      return await bus.hasTopic(`/data/${object}ChangeEvent`);
    } finally {
      bus.close();
    }
  };
}

/** Whatever else goes wrong in here is a fault of ours (a name that is no field, for one), and says so. */
async function only<T>(stage: SyncStage, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SyncError) throw error;
    throw misuse({ stage, write: false }, error instanceof Error ? error.message : String(error), error);
  }
}
