import type { Guard } from './guard.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A change under our own name is never skipped before somebody looked: a flow travels under it.',
    file: 'src/observations/raise-hints.ts',
    find: 'h.echo AND coalesce(o.as_of > h."committedAt", false) AS echo',
    without: 'h.echo AS echo',
    test: 'src/observations/raise-hints.test.ts',
  },
  {
    never: 'A field that the CRM keeps changing is never fought over.',
    file: 'src/ownership/judge-fields.ts',
    find: "if (known !== undefined || times >= mostRestores || row.drift === 'report') {",
    without: "if (row.drift === 'report') {",
    test: 'test/ownership/reading-back.test.ts',
  },
  {
    never: 'A record read before or while it was written is never taken for what became of the write.',
    file: 'src/ownership/see-fields.ts',
    find: 'return memory && memory.revision === revisions.get(record.crmId)',
    without: 'return memory',
    test: 'test/ownership/reading-back.test.ts',
  },
  {
    never: 'A field that was handed over at a stage is never written again, also after a step back.',
    file: 'src/ownership/see-fields.ts',
    find: 'const handedOver = [...new Set([...memory.handedOver, ...reached])];',
    without: 'const handedOver = [...new Set(reached.slice(0, 0))];',
    test: 'test/ownership/late-edits.test.ts',
  },
  {
    never: 'A late edit is never written over a value that the person was not shown.',
    file: 'src/ownership/decide-proposal.ts',
    find: 'if (!sameValue(now, shown === undefined ? proposal.held : shown)) return refresh(deps, proposal, now);',
    without: 'void refresh;',
    test: 'test/ownership/late-edits.test.ts',
  },
  {
    never: 'A late edit is never written twice.',
    file: 'src/ownership/decide-proposal.ts',
    find: 'if (sameValue(now, proposed)) {',
    without: 'if (false as boolean) {',
    test: 'test/ownership/late-edits.test.ts',
  },
  {
    never: 'A late edit that was declined is never proposed again.',
    file: 'src/ownership/decide-proposal.ts',
    find: 'await rememberOffers(tx, connectionId, [{ dealId, offers: { [key]: offer } }], now);',
    without: 'void [rememberOffers, key, offer];',
    test: 'test/ownership/late-edits.test.ts',
  },
  {
    never: 'Taking a run back never touches a field that somebody changed since.',
    file: 'src/ownership/plan-revert.ts',
    find: 'if (sameValue(value, written)) value = earlier;',
    without: 'if (field) value = earlier;',
    test: 'test/ownership/reverting.test.ts',
  },
  {
    never: 'What was taken back is never written again by itself, not even when the partner edits the deal.',
    file: 'src/mirror/desire.ts',
    find: "m.state = 'tombstone' OR ${isHeld} THEN",
    without: "m.state = 'tombstone' THEN",
    test: 'test/ownership/reverting.test.ts',
  },
];
