import type { Sandbox } from '../sandbox.ts';
import { SoapFault } from '../soap/fault.ts';
import type { Actor } from '../store/transaction.ts';
import type { DeployMessage, DeployOptions, DeployOutcome } from './deploy-job.ts';
import { findKind } from './kinds/registry.ts';
import { MetadataError } from './metadata-error.ts';
import { readPackage, type Package, type PackagedComponent } from './read-package.ts';
import { upsertOne } from './run-items.ts';
import { beginWork } from './begin-work.ts';
import type { Work } from './work.ts';

/** Carries out a deployment: every component is tried, and what becomes of them follows from the options. */
export function runDeployment(
  sandbox: Sandbox,
  actor: Actor,
  version: number,
  zip: Buffer,
  options: DeployOptions,
): DeployOutcome {
  let read: Package;
  try {
    read = readPackage(zip);
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error;
    return { messages: [], errorStatusCode: error.statusCode, errorMessage: error.message };
  }
  const work = beginWork(sandbox, actor, Number(read.manifest.version ?? version));
  const start = work.mark();
  const messages: DeployMessage[] = read.problems.map((one) => failed(one, one.problem));
  deleteAll(work, read.deletions.before, messages);
  for (const component of read.components) messages.push(deployOne(work, component));
  deleteAll(work, read.deletions.after, messages);
  const hasFailed = messages.some((one) => !one.success);
  if (options.checkOnly || (hasFailed && options.rollbackOnError)) work.rollbackTo(start);
  work.commit();
  return { messages };
}

function deployOne(work: Work, component: PackagedComponent): DeployMessage {
  const { kind, fullName, fileName } = component;
  const mark = work.mark();
  try {
    const plain = { ...component.plain, fullName };
    kind.checkShape?.(plain);
    const { created } = upsertOne(work, { kind, plain });
    const id = kind.list(work.sandbox).find((one) => one.fullName === fullName)?.id;
    return {
      changed: true,
      componentType: kind.type,
      created: created === true,
      deleted: false,
      fileName,
      fullName,
      ...(id === undefined ? {} : { id }),
      success: true,
    };
  } catch (error) {
    work.rollbackTo(mark);
    if (!(error instanceof MetadataError || error instanceof SoapFault)) throw error;
    return failed({ fileName, fullName, componentType: kind.type }, error.message);
  }
}

function deleteAll(work: Work, types: Package['deletions']['before'], messages: DeployMessage[]): void {
  // What refers to others goes before what it refers to.
  for (const { name, members } of types.toReversed())
    for (const fullName of members) messages.push(deleteComponent(work, name, fullName));
}

function deleteComponent(work: Work, type: string, fullName: string): DeployMessage {
  const named = { fileName: 'destructiveChanges.xml', fullName, componentType: type };
  const kind = findKind(type);
  const mark = work.mark();
  try {
    if (kind?.delete === undefined)
      throw new MetadataError('INVALID_TYPE', `Unknown type name '${type}' specified`);
    if (kind.read(work.sandbox, fullName) === undefined) {
      const problem = `No ${type} named: ${fullName} found`;
      return { ...failed(named, problem), problemType: 'Warning', success: true };
    }
    kind.delete(work, fullName);
    return { ...named, changed: true, created: false, deleted: true, success: true };
  } catch (error) {
    work.rollbackTo(mark);
    if (!(error instanceof MetadataError)) throw error;
    return failed(named, error.message);
  }
}

function failed(
  named: Pick<DeployMessage, 'fileName' | 'fullName' | 'componentType'>,
  problem: string,
): DeployMessage {
  return {
    ...named,
    changed: false,
    created: false,
    deleted: false,
    problem,
    problemType: 'Error',
    success: false,
  };
}
