import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never:
      "A deal (or its company) that HubSpot's own Salesforce integration copies is never wanted in both CRMs.",
    file: 'src/mirror/desire.ts',
    find: 'const stopped = await stoppedMirrors(tx, mirrors, connections);',
    without: 'const stopped = (await stoppedMirrors(tx, mirrors, connections)).slice(0, 0);',
    test: 'test/hubspot/native-sync.test.ts',
    testName: 'integration',
  },
  {
    never:
      'A deal that was wanted in both CRMs before their integration was noticed is never made in the second.',
    file: 'workers/heed-native-sync.ts',
    find: 'if (fresh.length === 0) return;',
    without: 'if (fresh.length >= 0) return;',
    test: 'test/hubspot/native-sync.test.ts',
    testName: 'integration',
  },
  {
    never:
      'The second of two CRMs whose integration copies deals never goes live unless a person answers for it.',
    file: 'src/mirror/go-live.ts',
    find: 'else await refuseSynced(tx, request.connectionId);',
    without: 'else void refuseSynced;',
    test: 'test/hubspot/native-sync.test.ts',
    testName: 'integration',
  },
  {
    never: 'An id that HubSpot does not know is never taken for a record that two others were merged into.',
    file: 'connectors/hubspot/read-batch.ts',
    find: 'records.filter((record) => !known.has(record.id));',
    without: 'records.filter((record) => known.size >= 0 && ![...found.values()].includes(record));',
    test: 'connectors/hubspot/ports.test.ts',
    testName: 'are known by e-mail',
  },
  {
    never:
      'A HubSpot deal that a rep changed is never archived with the run that made it, not even when we wrote it again since.',
    file: 'connectors/hubspot/removal.ts',
    find: "if (changedByOthers(record, String(maker))) return { crmId, refused: 'somebody changed it since' };",
    without: 'void changedByOthers;',
    test: 'connectors/hubspot/ports.test.ts',
    testName: 'is refused for whatever others made',
  },
  {
    never: 'A HubSpot deal with a note of somebody else is never archived with the run that made it.',
    file: 'connectors/hubspot/removal.ts',
    find: 'notes.get(crmId)?.some((one) => one !== maker)',
    without: 'notes.size < 0',
    test: 'connectors/hubspot/ports.test.ts',
    testName: 'is refused for whatever others made',
  },
  {
    never: 'A HubSpot deal that somebody else made is never archived by us.',
    file: 'connectors/hubspot/removal.ts',
    find: "const isOurs = source === 'INTEGRATION' && (settings.appId ?? maker) === maker;",
    without: "const isOurs = source !== '' || settings.appId === maker;",
    test: 'connectors/hubspot/ports.test.ts',
    testName: 'is refused for whatever others made',
  },
  {
    never: 'A portal that moves to another data centre is never asked again before HubSpot said.',
    file: 'connectors/hubspot/error-verdicts.ts',
    find: "return { kind: 'rate-limited', plain, retryAfterMs: retryAfterMs ?? 60 * SECOND };",
    without: "return { kind: 'unavailable', plain };",
    test: 'connectors/hubspot/errors.test.ts',
    testName: 'obeys Retry-After',
  },
  {
    never: 'A HubSpot deal never gets a second note because an answer was lost.',
    file: 'connectors/hubspot/tag/note.ts',
    find: 'const unsure = items.filter(({ crmId, fresh }) => crmId === null && !fresh);',
    without: 'const unsure = items.filter(({ crmId, fresh }) => crmId !== null && !fresh);',
    test: 'connectors/hubspot/tag/tags.test.ts',
    testName: 'is made once, found again',
  },
  {
    never: 'A note that a person wrote on a HubSpot deal is never written over.',
    file: 'connectors/hubspot/tag/note.ts',
    find: "if (properties['hs_object_source'] === 'INTEGRATION')",
    without: "if (properties['hs_object_source'] !== '')",
    test: 'connectors/hubspot/tag/tags.test.ts',
    testName: 'beside what a person wrote',
  },
  {
    never: 'The note that somebody deleted on a HubSpot deal is never forced upon them again.',
    file: 'connectors/hubspot/tag/note.ts',
    find: "if (refused?.kind === 'not-found') return { result: 'gone' };",
    without: '',
    test: 'connectors/hubspot/tag/tags.test.ts',
    testName: 'is made once, found again',
  },
  {
    never: 'A section of the mapping that a CRM cannot follow is never ignored.',
    file: 'src/app/fit-org.ts',
    find: 'if (!capabilities.tagFields) faults.push(...fieldTagFaults(wanted));',
    without: 'void fieldTagFaults;',
    test: 'test/ownership/hubspot-sections.test.ts',
  },
];
