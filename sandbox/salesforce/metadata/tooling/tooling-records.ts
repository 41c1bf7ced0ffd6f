import { z } from 'zod';
import { canonicalId } from '../../ids.ts';
import { renderRecord } from '../../rest/render.ts';
import { readJson, type ApiRequest, type Reply } from '../../rest/request.ts';
import { notFound, RestError } from '../../rest/rest-error.ts';
import type { Sandbox } from '../../sandbox.ts';
import { SoapFault } from '../../soap/fault.ts';
import type { Component } from '../component-store.ts';
import type { MetadataKind } from '../kinds/kind.ts';
import { findKind } from '../kinds/registry.ts';
import { MetadataError } from '../metadata-error.ts';
import type { Plain } from '../plain.ts';
import { beginWork } from '../begin-work.ts';
import type { Work } from '../work.ts';
import { adminOf } from './tooling-access.ts';
import { asTooling, toolingOrg } from './tooling-query.ts';

const writtenShape = z.object({
  FullName: z.string().optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
});

/** Types that clients write through the Tooling API; the others they only read. */
const WRITABLE: ReadonlySet<string> = new Set([
  'CustomField',
  'PlatformEventChannelMember',
  'ValidationRule',
]);

/** `POST /tooling/sobjects/{type}` with `FullName` and `Metadata`. */
export function createComponent(request: ApiRequest): Reply {
  const kind = writableKind(request);
  const { FullName: fullName, Metadata: metadata = {} } = read(request);
  if (fullName === undefined)
    throw new RestError(400, 'REQUIRED_FIELD_MISSING', 'Required fields are missing: [FullName]', [
      'FullName',
    ]);
  const sandbox = adminOf(request, 'CustomizeApplication');
  carryOut(request, sandbox, (work) => write(kind, 'create', work, fullName, metadata));
  const id = sandbox.metadata.get(kind.type, fullName)?.id;
  const location = `/services/data/v${request.version}/tooling/sobjects/${kind.type}/${id ?? ''}`;
  const body = { id, success: true, errors: [], warnings: [], infos: [] };
  return { status: 201, body, headers: { location }, records: 1 };
}

/** `GET /tooling/sobjects/{type}/{id}` */
export function readComponent(request: ApiRequest): Reply {
  const sandbox = adminOf(request, 'ViewSetup');
  const org = toolingOrg(sandbox);
  const type = org.preset.schema.object(request.params['type'] ?? '');
  const row = type && org.table(type.name).get(canonicalId(request.params['id'] ?? '') ?? '');
  if (type === undefined || row === undefined) throw notFound();
  return {
    status: 200,
    body: asTooling(renderRecord(type, row, request.version), request.version),
    records: 1,
  };
}

/** `PATCH /tooling/sobjects/{type}/{id}` with the whole `Metadata`. */
export function updateComponent(request: ApiRequest): Reply {
  const kind = writableKind(request);
  const { Metadata: metadata = {} } = read(request);
  const sandbox = adminOf(request, 'CustomizeApplication');
  const { fullName } = existing(request, sandbox, kind);
  carryOut(request, sandbox, (work) => write(kind, 'update', work, fullName, metadata));
  return { status: 204, records: 1 };
}

/** `DELETE /tooling/sobjects/{type}/{id}` */
export function deleteComponent(request: ApiRequest): Reply {
  const kind = writableKind(request);
  const sandbox = adminOf(request, 'CustomizeApplication');
  const { fullName } = existing(request, sandbox, kind);
  carryOut(request, sandbox, (work) => kind.delete?.(work, fullName));
  return { status: 204, records: 1 };
}

function writableKind(request: ApiRequest): MetadataKind {
  const type = request.params['type'] ?? '';
  const kind = WRITABLE.has(type) ? findKind(type) : undefined;
  if (kind === undefined) throw notFound();
  return kind;
}

function read(request: ApiRequest): z.output<typeof writtenShape> {
  const given = writtenShape.safeParse(readJson(request));
  if (given.success) return given.data;
  throw new RestError(400, 'JSON_PARSER_ERROR', z.prettifyError(given.error));
}

function existing(request: ApiRequest, sandbox: Sandbox, kind: MetadataKind): Component {
  const component = sandbox.metadata.byId(canonicalId(request.params['id'] ?? '') ?? '');
  if (component?.type !== kind.type) throw notFound();
  return component;
}

function write(
  kind: MetadataKind,
  how: 'create' | 'update',
  work: Work,
  fullName: string,
  metadata: Plain,
): void {
  kind.checkShape?.(metadata);
  kind[how]?.(work, fullName, metadata);
}

function carryOut(request: ApiRequest, sandbox: Sandbox, change: (work: Work) => void): void {
  const work = beginWork(sandbox, request.actor, Number(request.version));
  const start = work.mark();
  try {
    change(work);
  } catch (error) {
    work.rollbackTo(start);
    if (error instanceof MetadataError)
      throw new RestError(400, error.statusCode, error.message, error.fields);
    if (error instanceof SoapFault) throw new RestError(400, 'JSON_PARSER_ERROR', error.message);
    throw error;
  }
  work.commit();
}
