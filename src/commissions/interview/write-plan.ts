/** The answered plan as a file: with the comments and the layout of the programme it began as. */
import { isMap as isYamlMap, isScalar, isSeq, parseDocument, stringify, type Document } from 'yaml';
import { FullPlan } from '../language/full-plan.ts';
import { isMap, type Draft, type Node } from './draft.ts';

/** @param source the programme it began as; empty: from nothing */
export function writePlan(draft: Draft, source: string): string {
  if (source === '') return stringify(inOrder(draft), { schema: 'failsafe', lineWidth: 110 });
  // The path of the schema is right beside the programme only.
  const document = parseDocument(source.replace(/^# yaml-language-server:.*\n/, ''), { schema: 'failsafe' });
  settle(document, [], draft);
  return document.toString({ lineWidth: 110, flowCollectionPadding: true });
}

/** As the language lists its parts. */
function inOrder(draft: Draft): Draft {
  const names = Object.keys(FullPlan.shape).filter((name) => name in draft);
  return Object.fromEntries(names.map((name) => [name, draft[name] ?? '']));
}

/** Changes what differs, and leaves the rest as it was written. */
function settle(document: Document, path: readonly (string | number)[], wanted: Node): void {
  const present = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isMap(wanted) && isYamlMap(present)) {
    const names = present.items.map(({ key }) => String(isScalar(key) ? key.value : key));
    for (const name of names) if (!(name in wanted)) document.deleteIn([...path, name]);
    for (const [name, value] of Object.entries(wanted)) settle(document, [...path, name], value);
  } else if (Array.isArray(wanted) && isSeq(present) && present.items.length === wanted.length) {
    wanted.forEach((value, index) => settle(document, [...path, index], value));
  } else if (!(isScalar(present) && present.value === wanted)) {
    document.setIn(path, typeof wanted === 'string' ? wanted : document.createNode(wanted));
  }
}
