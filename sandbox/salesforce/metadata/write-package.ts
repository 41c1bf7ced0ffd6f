import { strToU8, zipSync } from 'fflate';
import type { Sandbox } from '../sandbox.ts';
import { fileName, fileProperties } from './describe-metadata.ts';
import { CHILD_ELEMENTS } from './kinds/custom-object.ts';
import type { Listed, MetadataKind } from './kinds/kind.ts';
import { findKind } from './kinds/registry.ts';
import type { Plain } from './plain.ts';
import type { RetrieveRequest } from './retrievals.ts';
import { writeXmlFile } from './xml-file.ts';

interface Found {
  kind: MetadataKind;
  one: Listed;
}

/** Puts the components that a retrieve asks for into a zip file, and says what could not be found. */
export function writePackage(sandbox: Sandbox, request: RetrieveRequest): Record<string, unknown> {
  const messages = request.packageNames.map((name) => ({
    fileName: 'package.xml',
    problem: `No package named '${name}' found`,
  }));
  const found = findAll(sandbox, request, messages);
  const files = new Map<string, string>();
  for (const [path, components] of byFile(found)) files.set(path, fileText(sandbox, components));
  files.set('package.xml', manifestText(request, found));
  const folder = request.singlePackage ? '' : 'unpackaged/';
  const zip = zipSync(
    Object.fromEntries([...files].map(([path, text]) => [`${folder}${path}`, strToU8(text)])),
  );
  return {
    fileProperties: found.map(({ kind, one }) => {
      const properties = fileProperties(sandbox, kind, one);
      return { ...properties, fileName: `${folder}${String(properties['fileName'])}` };
    }),
    messages: messages.length === 0 ? undefined : messages,
    zipFile: Buffer.from(zip).toString('base64'),
  };
}

function findAll(
  sandbox: Sandbox,
  request: RetrieveRequest,
  messages: { fileName: string; problem: string }[],
): Found[] {
  const note = (problem: string) => messages.push({ fileName: 'unpackaged/package.xml', problem });
  return request.manifest.types.flatMap(({ name, members }) => {
    const kind = findKind(name);
    if (kind === undefined) {
      note(`Unknown type name '${name}' specified in package.xml`);
      return [];
    }
    const all = kind.list(sandbox);
    return members.flatMap((member): Found[] => {
      if (member === '*') return all.map((one) => ({ kind, one }));
      const one = all.find((each) => each.fullName.toLowerCase() === member.toLowerCase());
      if (one === undefined) note(`Entity of type '${name}' named '${member}' cannot be found`);
      return one === undefined ? [] : [{ kind, one }];
    });
  });
}

function byFile(found: readonly Found[]): Map<string, Found[]> {
  const files = new Map<string, Found[]>();
  for (const each of found) {
    const path = fileName(each.kind, each.one.fullName);
    files.set(path, [...(files.get(path) ?? []), each]);
  }
  return files;
}

/** The text of one file. An object's file holds the object with everything on it, or only the children asked for. */
function fileText(sandbox: Sandbox, components: readonly Found[]): string {
  const whole = components.find(({ kind }) => kind.directory !== undefined);
  if (whole !== undefined)
    return writeXmlFile(whole.kind.type, whole.kind.read(sandbox, whole.one.fullName) ?? {});
  const children: Plain = {};
  for (const [element, childKind] of Object.entries(CHILD_ELEMENTS)) {
    const own = components.filter(({ kind }) => kind === childKind);
    if (own.length === 0) continue;
    children[element] = own.map(({ one }) => ({
      fullName: one.fullName.slice(one.fullName.indexOf('.') + 1),
      ...childKind.read(sandbox, one.fullName),
    }));
  }
  return writeXmlFile('CustomObject', children);
}

function manifestText(request: RetrieveRequest, found: readonly Found[]): string {
  const types = new Map<string, string[]>();
  for (const { kind, one } of found) types.set(kind.type, [...(types.get(kind.type) ?? []), one.fullName]);
  return writeXmlFile('Package', {
    types: [...types].map(([name, members]) => ({ members: members.sort(), name })),
    version: request.manifest.version ?? '60.0',
  });
}
