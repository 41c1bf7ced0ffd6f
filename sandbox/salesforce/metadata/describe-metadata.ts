import type { Sandbox } from '../sandbox.ts';
import type { SoapRequest } from '../soap/answer-soap.ts';
import { isElement, listOf, textOf } from '../soap/envelope.ts';
import { SoapFault } from '../soap/fault.ts';
import type { Listed, MetadataKind } from './kinds/kind.ts';
import { findKind, KINDS } from './kinds/registry.ts';
import { refuseTooMany } from './refuse-too-many.ts';

/** Questions one call of `listMetadata` may ask. */
const MAX_QUERIES = 3;

/** `describeMetadata`: the types this org has, where their files are, and what stands inside objects' files. */
export function describeMetadata(): unknown {
  const metadataObjects = KINDS.filter((kind) => kind.directory !== undefined).map((kind) => ({
    childXmlNames: kind.type === 'CustomObject' ? childTypes() : undefined,
    directoryName: kind.directory,
    inFolder: false,
    metaFile: false,
    suffix: kind.suffix,
    xmlName: kind.type,
  }));
  return {
    result: { metadataObjects, organizationNamespace: '', partialSaveAllowed: true, testRequired: false },
  };
}

function childTypes(): string[] {
  return KINDS.filter((kind) => kind.directory === undefined).map((kind) => kind.type);
}

/** `listMetadata`: the names, ids, dates and authors of the components of some types. */
export function listMetadata(request: SoapRequest): unknown {
  const queries = listOf(request.call.input, 'queries').filter(isElement);
  refuseTooMany(queries.length, MAX_QUERIES);
  const result = queries.flatMap((query) => {
    const type = textOf(query, 'type') ?? '';
    const kind = findKind(type);
    if (kind === undefined)
      throw new SoapFault('INVALID_TYPE', `Unknown type:${type}`, 'UnexpectedErrorFault');
    return kind.list(request.sandbox).map((one) => fileProperties(request.sandbox, kind, one));
  });
  return { result };
}

/** What lists, and the results of a retrieve, say of a component. */
export function fileProperties(sandbox: Sandbox, kind: MetadataKind, one: Listed): Record<string, unknown> {
  return {
    createdById: one.createdById,
    createdByName: userName(sandbox, one.createdById),
    createdDate: new Date(one.createdDate).toISOString(),
    fileName: fileName(kind, one.fullName),
    fullName: one.fullName,
    id: one.id,
    lastModifiedById: one.lastModifiedById,
    lastModifiedByName: userName(sandbox, one.lastModifiedById),
    lastModifiedDate: new Date(one.lastModifiedDate).toISOString(),
    manageableState: 'unmanaged',
    type: kind.type,
  };
}

/** Where a component's file is in a package; what stands inside an object's file is named by that file. */
export function fileName(kind: MetadataKind, fullName: string): string {
  return kind.directory === undefined
    ? `objects/${fullName.split('.')[0] ?? ''}.object`
    : `${kind.directory}/${fullName}.${kind.suffix ?? ''}`;
}

function userName(sandbox: Sandbox, id: string): string {
  return String(sandbox.org.table('User').get(id)?.['Name'] ?? '');
}
