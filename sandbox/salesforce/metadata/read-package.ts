import { strFromU8, unzipSync } from 'fflate';
import { z } from 'zod';
import { CHILD_ELEMENTS } from './kinds/custom-object.ts';
import type { MetadataKind } from './kinds/kind.ts';
import { findKind, KINDS } from './kinds/registry.ts';
import { MetadataError } from './metadata-error.ts';
import { names, readManifest, type Manifest } from './package-file.ts';
import { listOf, type Plain } from './plain.ts';
import { readXmlFile } from './xml-file.ts';

/** One component a package brings. */
export interface PackagedComponent {
  kind: MetadataKind;
  fullName: string;
  fileName: string;
  plain: Plain;
}

/** A file, or something the manifest names, that the package cannot deploy. */
export interface PackageProblem {
  fileName: string;
  fullName: string;
  componentType: string;
  problem: string;
}

/** What a zip file of a deployment holds. */
export interface Package {
  manifest: Manifest;
  components: PackagedComponent[];
  /** Components to delete: before the others, and after. */
  deletions: { before: Manifest['types']; after: Manifest['types'] };
  problems: PackageProblem[];
}

const MAX_UNZIPPED = 400_000_000;

/** Reads a zip file of a deployment. Throws a MetadataError when it is none or has no package.xml. */
export function readPackage(zip: Buffer): Package {
  const files = unzip(zip);
  const manifestPath = [...files.keys()].find((path) => /(^|\/)package\.xml$/.test(path));
  if (manifestPath === undefined) throw new MetadataError('INVALID_FILE', 'No package.xml found');
  const folder = manifestPath.slice(0, -'package.xml'.length);
  const manifest = readManifest(parse(manifestPath, files).plain);
  const read: Package = { manifest, components: [], deletions: { before: [], after: [] }, problems: [] };
  for (const path of files.keys()) {
    if (!path.startsWith(folder) || path === manifestPath || path.endsWith('/')) continue;
    readFile(read, path, path.slice(folder.length), files);
  }
  addUnfound(read);
  const order = (one: PackagedComponent) => KINDS.indexOf(one.kind);
  read.components.sort((left, right) => order(left) - order(right));
  return read;
}

function unzip(zip: Buffer): Map<string, string> {
  let size = 0;
  try {
    const files = unzipSync(zip, {
      filter: (file) => {
        size += file.originalSize;
        if (size > MAX_UNZIPPED) throw new Error('the files are too large');
        return true;
      },
    });
    return new Map(Object.entries(files).map(([path, content]) => [path, strFromU8(content)]));
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not a zip file';
    throw new MetadataError('INVALID_FILE', `The zip file cannot be read: ${reason}`);
  }
}

function parse(path: string, files: ReadonlyMap<string, string>): { root: string; plain: Plain } {
  try {
    return readXmlFile(files.get(path) ?? '');
  } catch (error) {
    throw new MetadataError(
      'INVALID_FILE',
      `Error parsing file ${path}: ${error instanceof Error ? error.message : ''}`,
    );
  }
}

function readFile(read: Package, path: string, inPackage: string, files: ReadonlyMap<string, string>): void {
  const destructive = /^destructiveChanges(Pre|Post)?\.xml$/.exec(inPackage);
  if (destructive !== null) {
    const { types } = readManifest(parse(path, files).plain);
    (destructive[1] === 'Post' ? read.deletions.after : read.deletions.before).push(...types);
    return;
  }
  const [directory = '', name = ''] = inPackage.split('/');
  const kind = KINDS.find((one) => one.directory === directory && name.endsWith(`.${one.suffix ?? ''}`));
  if (kind === undefined) {
    const problem = 'sandbox: this org does not take files of this kind';
    read.problems.push({ fileName: path, fullName: name, componentType: '', problem });
    return;
  }
  const fullName = name.slice(0, -`.${kind.suffix ?? ''}`.length);
  try {
    const { plain } = parse(path, files);
    if (kind.type === 'CustomObject') addObjectFile(read, path, fullName, plain);
    else addComponent(read, { kind, fullName, fileName: path, plain });
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error;
    read.problems.push({ fileName: path, fullName, componentType: kind.type, problem: error.message });
  }
}

function addComponent(read: Package, component: PackagedComponent): void {
  const { kind, fullName, fileName } = component;
  if (names(read.manifest, kind.type, fullName)) read.components.push(component);
  else read.problems.push({ fileName, fullName, componentType: kind.type, problem: 'Not in package.xml' });
}

/** An object's file brings the object, where the manifest names it, and children, named by themselves or with the object. */
function addObjectFile(read: Package, fileName: string, objectName: string, plain: Plain): void {
  const named = names(read.manifest, 'CustomObject', objectName);
  const own = { ...plain };
  for (const [element, kind] of Object.entries(CHILD_ELEMENTS)) {
    delete own[element];
    for (const child of listOf(z.looseObject({ fullName: z.string() })).parse(plain[element])) {
      const component = { kind, fullName: `${objectName}.${child.fullName}`, fileName, plain: child };
      if (named) read.components.push(component);
      else addComponent(read, component);
    }
  }
  const kind = findKind('CustomObject');
  if (named && kind !== undefined) read.components.push({ kind, fullName: objectName, fileName, plain: own });
}

function addUnfound(read: Package): void {
  for (const { name, members } of read.manifest.types) {
    for (const member of members) {
      if (member === '*' || has(read, name, member)) continue;
      const problem = `An object '${member}' of type ${name} was named in package.xml, but was not found in zipped directory`;
      read.problems.push({ fileName: 'package.xml', fullName: member, componentType: name, problem });
    }
  }
}

function has(read: Package, type: string, fullName: string): boolean {
  const wanted = fullName.toLowerCase();
  const isIt = (one: { fullName: string }) => one.fullName.toLowerCase() === wanted;
  return (
    read.components.some((one) => one.kind.type === type && isIt(one)) ||
    read.problems.some((one) => one.componentType === type && isIt(one))
  );
}
