import type { Guard } from './guard.ts';

const signatures = 'connectors/hubspot/signature.test.ts';
const receiver = 'src/api/crm-webhook-routes.test.ts';
const parsing = 'workers/parse-notifications.test.ts';
const journal = 'connectors/hubspot/journal/journal.test.ts';
const engine = 'test/hubspot/journal.test.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A webhook of HubSpot is never accepted when its signature is another one.',
    file: 'connectors/hubspot/signature.ts',
    find: 'return a.length === b.length && timingSafeEqual(a, b);',
    without: 'return a.length === b.length || timingSafeEqual(a, b);',
    test: signatures,
    testName: 'of 10,000 requests',
  },
  {
    never: 'A webhook of HubSpot is never accepted more than five minutes before or after it was stamped.',
    file: 'connectors/hubspot/signature.ts',
    find: 'if (Math.abs(age) > WINDOW_MS)',
    without: 'if (age > WINDOW_MS)',
    test: signatures,
    testName: 'within five minutes',
  },
  {
    never: 'No escape is undone in a signed address but the twelve that HubSpot undoes.',
    file: 'connectors/hubspot/signature.ts',
    find: '/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi',
    without: '/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B|2B)/gi',
    test: signatures,
    testName: 'of 10,000 requests',
  },
  {
    never: 'A signature that can be sent again is never accepted unless the connection chose so.',
    file: 'connectors/hubspot/signature.ts',
    find: "if (isV1 && accept === 'v1') return null;",
    without: 'if (isV1 && accept) return null;',
    test: receiver,
    testName: 'version 1',
  },
  {
    never: 'A notification is never answered before it is stored.',
    file: 'src/api/crm-webhook-routes.ts',
    find: 'await storeInboxMessage(context.db, connectionId, body, context.clock.now());',
    without: 'void [storeInboxMessage, connectionId, body];',
    test: receiver,
    testName: 'byte for byte',
  },
  {
    never: 'A call of more than a hundred events, or of none, is never stored.',
    file: 'src/api/crm-webhook-routes.ts',
    find: 'const problem = receiver.malformed?.(rawBody) ?? null;',
    without: 'const problem = receiver.malformed === undefined ? String(rawBody) : null;',
    test: receiver,
    testName: 'keeps nothing',
  },
  {
    never: 'The same event never asks for a second read.',
    file: 'workers/parse-notifications.ts',
    find: 'const hints = await firstHeard(tx, connection.id, heard, now);',
    without: 'const hints = (await firstHeard(tx, connection.id, heard, now), heard);',
    test: parsing,
    testName: 'delivered again',
  },
  {
    never: 'Two events are never taken for one because HubSpot gave them the same number.',
    file: 'connectors/hubspot/listen.ts',
    find: 'objectId, propertyName, eventId, occurredAt];',
    without: 'objectId, eventId];',
    test: parsing,
    testName: 'is another event',
  },
  {
    never: 'A file of the journal is never fetched from a host that is not HubSpot’s.',
    file: 'connectors/hubspot/journal/listen.ts',
    find: 'if (problem !== null) return fileRefusal(problem);',
    without: 'void [problem, fileRefusal];',
    test: journal,
    testName: 'is not followed',
  },
  {
    never: 'A redirect of the journal’s file server is never followed.',
    file: 'connectors/hubspot/journal/fetch-file.ts',
    find: "redirect: 'error'",
    without: "redirect: 'follow'",
    test: journal,
    testName: 'leads to a redirect',
  },
  {
    never: 'A position of the journal that has expired is never passed over in silence.',
    file: 'connectors/hubspot/journal/listen.ts',
    find: 'await request.gap({ reason });',
    without: 'void reason;',
    test: engine,
    testName: 'has expired',
  },
  {
    never: 'A portal that took the app out is never asked on and on.',
    file: 'connectors/hubspot/journal/listen.ts',
    find: 'if (content?.uninstalled) await journal.portalOf(within(request));',
    without: 'void content?.uninstalled;',
    test: engine,
    testName: 'taken out',
  },
  {
    never: 'A change is never missed because more records changed than HubSpot’s search can be paged.',
    file: 'connectors/hubspot/pull.ts',
    find: "{ propertyName: 'hs_object_id', operator: 'GT', value: window.after }",
    without: "{ propertyName: 'hs_object_id', operator: 'LT', value: window.after }",
    test: 'test/hubspot/reconciliation.test.ts',
    testName: 'beyond|more than a search',
  },
];
