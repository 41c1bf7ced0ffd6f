import { childOf, isElement, listOf, textOf, type XmlElement } from '../soap/envelope.ts';
import { SoapFault } from '../soap/fault.ts';
import type { SoapRequest } from '../soap/answer-soap.ts';
import { readManifest } from './package-file.ts';
import { plainOf } from './plain.ts';

/** `retrieve` and what follows it. */
export const retrieveOperations = { retrieve, checkRetrieveStatus };

function retrieve(request: SoapRequest): unknown {
  const asked = childOf(request.call.input, 'request') ?? {};
  const unpackaged = childOf(asked, 'unpackaged');
  const manifest = readManifest(unpackaged === undefined ? {} : plainOf(unpackaged));
  const apiVersion = textOf(asked, 'apiVersion') ?? request.version;
  const id = request.sandbox.retrievals.start({
    manifest: { ...manifest, version: manifest.version ?? apiVersion },
    singlePackage: textOf(asked, 'singlePackage') === 'true',
    packageNames: packageNames(asked),
  });
  return { result: { done: false, id, state: 'Queued' } };
}

function packageNames(asked: XmlElement): string[] {
  return listOf(asked, 'packageNames').flatMap((name) =>
    typeof name === 'string' && !isElement(name) ? [name] : [],
  );
}

function checkRetrieveStatus(request: SoapRequest): unknown {
  const result = request.sandbox.retrievals.result(textOf(request.call.input, 'asyncProcessId') ?? '');
  if (result === undefined)
    throw new SoapFault('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', 'UnexpectedErrorFault');
  return { result };
}
