import type { Guard } from './guard.ts';

const engine = 'test/salesforce/listening.test.ts';
const connector = 'connectors/salesforce/listen.test.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A position is never stored before the gap in front of it.',
    file: 'connectors/salesforce/follow-stream.ts',
    find: 'for (const reason of gaps) await request.gap({ reason });',
    without: 'for (const reason of gaps) void request.gap({ reason }).catch(() => undefined);',
    test: connector,
    testName: 'a gap',
  },
  {
    never: 'A gap event is never skipped as our own echo, whatever origin it bears.',
    file: 'connectors/salesforce/change-events.ts',
    find: "const change = CHANGES[changeType] ?? 'unknown';",
    without: "const change = CHANGES[changeType.replace('GAP_', '')] ?? 'unknown';",
    test: connector,
    testName: 'a gap',
  },
  {
    never: 'A gap whose time is known is never left to a poll that does not look back that far.',
    file: 'workers/poll-changes.ts',
    find: 'gaps.since?.getTime() ?? Infinity,',
    without: 'Infinity,',
    test: engine,
    testName: 'expired position',
  },
  {
    never: 'A gap is never said to be over before its records were read.',
    file: 'src/observations/stream-gaps.ts',
    find: 'AND o.seen_seq < r.due_seq)',
    without: 'AND false)',
    test: engine,
    testName: 'names no records',
  },
  {
    never: 'An org that serves no stream is never left unheard.',
    file: 'workers/listen-changes.ts',
    find: 'if (refusal) await pollInstead(context, connection, refusal);',
    without: 'void refusal; void pollInstead;',
    test: engine,
    testName: 'without change events',
  },
];
