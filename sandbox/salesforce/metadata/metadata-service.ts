import type { SoapOperation, SoapRequest, SoapService } from '../soap/answer-soap.ts';
import { childOf, isElement, listOf, textOf, type XmlElement } from '../soap/envelope.ts';
import { SoapFault } from '../soap/fault.ts';
import type { Actor } from '../store/transaction.ts';
import { viewOf } from '../access/act-as.ts';
import { deployOperations } from './deploy-operations.ts';
import { describeMetadata, listMetadata } from './describe-metadata.ts';
import type { MetadataKind } from './kinds/kind.ts';
import { findKind } from './kinds/registry.ts';
import { plainOf, type Plain } from './plain.ts';
import { refuseTooMany } from './refuse-too-many.ts';
import { retrieveOperations } from './retrieve-operations.ts';
import {
  createOne,
  deleteOne,
  renameOne,
  runItems,
  updateOne,
  upsertOne,
  type ItemWork,
} from './run-items.ts';

/** What one call may create, read, change or delete. */
const MAX_ITEMS = 10;

/** The Metadata API, as the SOAP service at `/services/Soap/m/{version}`. */
export const METADATA_SERVICE: SoapService = {
  namespace: 'http://soap.sforce.com/2006/04/metadata',
  faultNamespace: 'http://soap.sforce.com/2006/04/metadata',
  operations: Object.fromEntries(
    Object.entries({
      createMetadata: writeOperation(createOne),
      updateMetadata: writeOperation(updateOne),
      upsertMetadata: writeOperation(upsertOne),
      deleteMetadata,
      renameMetadata,
      readMetadata,
      describeMetadata,
      listMetadata,
      ...deployOperations,
      ...retrieveOperations,
    } satisfies Record<string, MetadataOperation>).map(([name, run]) => [name, admitted(run)]),
  ),
};

/** A SOAP operation of a user who may use the Metadata API. */
export type MetadataOperation = (request: SoapRequest, actor: Actor) => unknown;

/** Lets in whoever has a session and may change metadata; counts the call. */
function admitted(run: MetadataOperation): SoapOperation {
  return (request) => {
    const { userId } = request.session();
    request.sandbox.limits.use();
    const { permissions } = viewOf(request.sandbox, userId);
    if (!permissions.has('ApiEnabled'))
      throw new SoapFault('API_CURRENTLY_DISABLED', 'API is disabled for this User', 'UnexpectedErrorFault');
    if (!permissions.has('ModifyAllData') && !permissions.has('ModifyMetadata')) {
      throw new SoapFault(
        'INSUFFICIENT_ACCESS',
        'use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions',
        'UnexpectedErrorFault',
      );
    }
    return run(request, actorOf(request, userId));
  };
}

function actorOf(request: SoapRequest, userId: string): Actor {
  const options = childOf(request.call.headers, 'CallOptions');
  const client = (options === undefined ? undefined : textOf(options, 'client')) ?? '';
  return {
    origin: 'api',
    userId,
    client,
    changeOrigin: `com/salesforce/api/soap/${request.version}${client === '' ? '' : `;client=${client}`}`,
    requestId: request.requestId,
  };
}

function writeOperation(one: ItemWork): MetadataOperation {
  return (request, actor) => {
    const items = listOf(request.call.input, 'metadata').filter(isElement);
    refuseTooMany(items.length, MAX_ITEMS);
    const read = items.map((item) => ({ kind: kindOf(typeName(item)), plain: plainOf(item) }));
    for (const { kind, plain } of read) kind.checkShape?.(plain);
    return {
      result: runItems(request.sandbox, actor, Number(request.version), allOrNone(request), read, one),
    };
  };
}

function deleteMetadata(request: SoapRequest, actor: Actor): unknown {
  const kind = kindOf(textOf(request.call.input, 'type') ?? '');
  const names = texts(request.call.input, 'fullNames');
  refuseTooMany(names.length, MAX_ITEMS);
  const items = names.map((fullName) => ({ kind, plain: { fullName } satisfies Plain }));
  return {
    result: runItems(request.sandbox, actor, Number(request.version), allOrNone(request), items, deleteOne),
  };
}

function renameMetadata(request: SoapRequest, actor: Actor): unknown {
  const kind = kindOf(textOf(request.call.input, 'type') ?? '');
  const [result] = runItems(
    request.sandbox,
    actor,
    Number(request.version),
    false,
    [
      {
        kind,
        plain: {
          fullName: textOf(request.call.input, 'oldFullName') ?? '',
          newFullName: textOf(request.call.input, 'newFullName') ?? '',
        },
      },
    ],
    renameOne,
  );
  return { result };
}

function readMetadata(request: SoapRequest): unknown {
  const kind = kindOf(textOf(request.call.input, 'type') ?? '');
  const names = texts(request.call.input, 'fullNames');
  refuseTooMany(names.length, MAX_ITEMS);
  const records = names.map((fullName) => {
    const content = kind.read(request.sandbox, fullName);
    return content === undefined
      ? { '@xsi:nil': 'true' }
      : { '@xsi:type': kind.type, fullName: ownName(request, kind, fullName), ...content };
  });
  return { result: { records } };
}

/** The name as the org writes it, whatever the case of the question. */
function ownName(request: SoapRequest, kind: MetadataKind, asked: string): string {
  const known = kind.list(request.sandbox).find((one) => one.fullName.toLowerCase() === asked.toLowerCase());
  return known?.fullName ?? asked;
}

/** The type's name in `xsi:type`, without its namespace prefix. */
function typeName(item: XmlElement): string {
  const type = item['@type'];
  return typeof type === 'string' ? (type.split(':').at(-1) ?? '') : '';
}

function kindOf(type: string): MetadataKind {
  const kind = findKind(type);
  if (kind === undefined) throw new SoapFault('INVALID_TYPE', `Unknown type:${type}`, 'UnexpectedErrorFault');
  return kind;
}

function texts(element: XmlElement, name: string): string[] {
  return listOf(element, name).map((value) => (typeof value === 'string' ? value : ''));
}

function allOrNone(request: SoapRequest): boolean {
  const header = childOf(request.call.headers, 'AllOrNoneHeader');
  return header !== undefined && textOf(header, 'allOrNone') === 'true';
}
