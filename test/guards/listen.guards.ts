import type { Guard } from './guard.ts';

const engine = 'test/salesforce/listening.test.ts';
const drift = 'test/salesforce/schema-drift.test.ts';
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
  {
    never: 'A paused row never keeps a deal from being mirrored, nor the deal from getting the field later.',
    file: 'workers/heed-pauses.ts',
    find: 'if (owed.size > 0) await addOwed(batch, owed);',
    without: 'void addOwed;',
    test: drift,
    testName: 'hidden pauses',
  },
  {
    never: 'A field that a rep filled meanwhile is never overwritten by what was owed.',
    file: 'workers/heed-pauses.ts',
    find: '(present[row.to] ?? null) === null,',
    without: '(present[row.to] ?? null) !== undefined,',
    test: drift,
    testName: 'hidden pauses',
  },
  {
    never:
      'A deal is never created without a field that it cannot be without; it waits and is not set aside.',
    file: 'workers/heed-pauses.ts',
    find: 'if (hold) for (const item of unsent(batch)) if (item.crmId === null) holdItem(batch, item, hold);',
    without: 'void hold; void holdItem;',
    test: drift,
    testName: 'without the key',
  },
  {
    never: 'An amount that was not read is never taken for no amount.',
    file: 'src/observations/judge-snapshot.ts',
    find: 'unread: observed.amount === undefined',
    without: 'unread: false',
    test: drift,
    testName: 'changes no win',
  },
  {
    never: 'A field that worked once is never dropped in silence because its row is optional.',
    file: 'src/mapping/fit.ts',
    find: '!field && row.optional && !worked.has(`${object}.${row.to}`)',
    without: '!field && row.optional',
    test: 'src/mapping/fit.test.ts',
  },
];
