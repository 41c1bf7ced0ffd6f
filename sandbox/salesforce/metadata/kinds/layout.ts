import { z } from 'zod';
import type { Sandbox } from '../../sandbox.ts';
import type { ObjectType } from '../../schema/schema.ts';
import type { Component } from '../component-store.ts';
import { checkSections, defaultSections, sectionShape } from '../layout-items.ts';
import { integrity, MetadataError, notFoundByName } from '../metadata-error.ts';
import { listOf, optionalBoolean, readContent, readShape, type Plain } from '../plain.ts';
import type { MetadataKind } from './kind.ts';

const TYPE = 'Layout';

const shape = z.strictObject({
  fullName: z.string().nullish(),
  layoutSections: listOf(sectionShape),
  customButtons: listOf(z.string()),
  customConsoleComponents: z.unknown().optional(),
  emailDefault: optionalBoolean,
  excludeButtons: listOf(z.string()),
  feedLayout: z.unknown().optional(),
  headers: listOf(z.string()),
  miniLayout: z.unknown().optional(),
  multilineLayoutFields: listOf(z.string()),
  platformActionList: z.unknown().optional(),
  quickActionList: z.unknown().optional(),
  relatedContent: z.unknown().optional(),
  relatedLists: listOf(z.unknown()),
  relatedObjects: listOf(z.string()),
  runAssignmentRulesDefault: optionalBoolean,
  showEmailCheckbox: optionalBoolean,
  showHighlightsPanel: optionalBoolean,
  showInteractionLogPanel: optionalBoolean,
  showKnowledgeComponent: optionalBoolean,
  showRunAssignmentRulesCheckbox: optionalBoolean,
  showSolutionSection: optionalBoolean,
  showSubmitAndAttachButton: optionalBoolean,
  summaryLayout: z.unknown().optional(),
});

/** Page layouts, `Object-Layout Name`. An update replaces the whole page. */
export const layoutKind: MetadataKind = {
  type: TYPE,
  directory: 'layouts',
  suffix: 'layout',
  checkShape: (plain) => void readShape(shape, TYPE, plain),
  create(work, fullName, plain) {
    const type = typeOf(work.sandbox, fullName);
    if (find(work.sandbox, fullName) !== undefined) {
      throw new MetadataError('DUPLICATE_DEVELOPER_NAME', `There is already a layout named ${fullName}.`, [
        'fullName',
      ]);
    }
    work.put(TYPE, fullName, checked(type, plain));
  },
  update(work, fullName, plain) {
    const before = find(work.sandbox, fullName);
    if (before === undefined) throw notFoundByName(TYPE, fullName);
    work.put(TYPE, before.fullName, checked(typeOf(work.sandbox, before.fullName), plain));
  },
  delete(work, fullName) {
    const before = find(work.sandbox, fullName);
    if (before === undefined) throw notFoundByName(TYPE, fullName);
    const object = before.fullName.split('-')[0] ?? '';
    const layouts = work.sandbox.metadata.list(TYPE).filter((one) => one.fullName.startsWith(`${object}-`));
    if (layouts.length === 1) throw integrity('The last page layout of an object cannot be deleted');
    work.remove(before);
  },
  read: (sandbox, fullName) => find(sandbox, fullName)?.content,
  list: (sandbox) => sandbox.metadata.list(TYPE),
};

/** Clients write signs such as ( and ' of a layout's name as %28 and %27; both forms mean the same layout. */
function find(sandbox: Sandbox, fullName: string): Component | undefined {
  return sandbox.metadata.get(TYPE, fullName) ?? sandbox.metadata.get(TYPE, decodeURIComponent(fullName));
}

function typeOf(sandbox: Sandbox, fullName: string): ObjectType {
  const at = fullName.indexOf('-');
  const object = fullName.slice(0, Math.max(at, 0));
  const type = sandbox.org.preset.schema.object(object);
  if (type === undefined) throw notFoundByName('CustomObject', object === '' ? fullName : object);
  return type;
}

function checked(type: ObjectType, plain: Plain): Plain {
  const content = readContent(shape, TYPE, plain);
  checkSections(type, content.layoutSections);
  const filled = Object.entries(content).filter(([, part]) => !Array.isArray(part) || part.length > 0);
  return { ...Object.fromEntries(filled), layoutSections: content.layoutSections };
}

/**
 * The pages an org is founded with: one for each object that people see, with the fields of that moment.
 * A field made later is on no page until somebody puts it there.
 */
export function foundingLayouts(sandbox: Sandbox): { fullName: string; content: Plain }[] {
  return sandbox.org.preset.schema.objects
    .filter(({ definition }) => definition.layoutable && !definition.internal)
    .map(firstLayout);
}

/** The page an object has before anybody edits it. */
export function firstLayout(type: ObjectType): { fullName: string; content: Plain } {
  return {
    fullName: `${type.name}-${type.definition.label} Layout`,
    content: { layoutSections: defaultSections(type) },
  };
}
