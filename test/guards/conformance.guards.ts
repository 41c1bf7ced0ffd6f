import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A write whose answer was lost is never called anything but ambiguous (HubSpot).',
    file: 'connectors/hubspot/error-verdicts.ts',
    find: "return { kind: 'ambiguous', plain: `${what}; whether it was written is unknown` };",
    without: "return { kind: 'unavailable', plain: what };",
    test: 'test/conformance/hubspot.test.ts',
    testName: 'ambiguous; a look-up finds the record',
  },
  {
    never: 'A bad record never fails its neighbours (HubSpot).',
    file: 'connectors/hubspot/push.ts',
    find: 'byTrace.get(String(trace)) ??',
    without: '',
    test: 'test/conformance/hubspot.test.ts',
    testName: 'lets a bad record fail alone',
  },
  {
    never: 'A refused login is never tried again for every part of a batch (HubSpot).',
    file: 'connectors/hubspot/errors.ts',
    find: "if (error.kind === 'auth-expired') return false;",
    without: '',
    test: 'test/conformance/hubspot.test.ts',
    testName: 'when it cannot be renewed',
  },
  {
    never: 'A property that the portal lost is never taken for a mistake in one record (HubSpot).',
    file: 'connectors/hubspot/refused-properties.ts',
    find: 'return code !== undefined && SCHEMA_CODES.has(code);',
    without: 'return code === undefined && SCHEMA_CODES.size === 0;',
    test: 'test/conformance/hubspot.test.ts',
    testName: 'that the schema is in doubt',
  },
  {
    never: 'A change by a rep is never taken for our own echo (HubSpot).',
    file: 'connectors/hubspot/listen.ts',
    find: "if (ourAppId === undefined || changeSource !== 'INTEGRATION') return false;",
    without: 'return ourAppId !== undefined;',
    test: 'test/conformance/hubspot.test.ts',
    testName: 'never takes those for its own',
  },
];
