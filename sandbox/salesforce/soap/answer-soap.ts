import type { Session } from '../oauth/sessions.ts';
import type { Reply } from '../rest/request.ts';
import { isVersion } from '../rest/versions.ts';
import type { Sandbox } from '../sandbox.ts';
import { readEnvelope, writeEnvelope, writeResponse, type SoapCall } from './envelope.ts';
import { invalidSession, SoapFault } from './fault.ts';

/** A SOAP request to one of the org's services. */
export interface SoapRequest {
  sandbox: Sandbox;
  requestId: string;
  /** Such as `62.0`. */
  version: string;
  call: SoapCall;
  /** The caller's session. Throws INVALID_SESSION_ID when it is not in force. */
  session(): Session;
}

/** Carries out one operation and returns the content of its response element. */
export type SoapOperation = (request: SoapRequest) => unknown;

/** One SOAP API of the org. */
export interface SoapService {
  /** Namespace of requests and answers, such as `urn:partner.soap.sforce.com`. */
  namespace: string;
  /** Namespace of `sf:` in faults. */
  faultNamespace: string;
  operations: Readonly<Record<string, SoapOperation>>;
}

const HEADERS = { 'content-type': 'text/xml; charset=utf-8' };

/** Answers a SOAP request: 200 with the operation's response, or 500 with a fault. */
export async function answerSoap(
  sandbox: Sandbox,
  service: SoapService,
  version: string,
  body: Buffer,
  requestId: string,
): Promise<Reply> {
  try {
    if (!isVersion(version))
      throw new SoapFault('UNSUPPORTED_API_VERSION', `Invalid Api version specified on URL`);
    const call = readEnvelope(body.toString());
    const run = Object.hasOwn(service.operations, call.operation)
      ? service.operations[call.operation]
      : undefined;
    if (run === undefined) throw noSuchOperation(call.operation);
    const content = await run({ sandbox, requestId, version, call, session: () => sessionOf(sandbox, call) });
    return {
      status: 200,
      json: writeResponse(service.namespace, call.operation, content),
      headers: HEADERS,
      records: 0,
    };
  } catch (error) {
    if (!(error instanceof SoapFault)) throw error;
    return { status: 500, json: writeFault(service, error), headers: HEADERS, records: 0 };
  }
}

function sessionOf(sandbox: Sandbox, call: SoapCall): Session {
  const session = sandbox.sessions.find(call.sessionId ?? '');
  if (session === undefined) throw invalidSession(call.sessionId);
  return session;
}

function noSuchOperation(name: string): SoapFault {
  return new SoapFault('soapenv:Client', `No operation available for request {${name}}`);
}

function writeFault(service: SoapService, fault: SoapFault): string {
  const isVendors = !fault.code.includes(':');
  const detail =
    fault.detail === undefined
      ? undefined
      : {
          [`sf:${fault.detail}`]: {
            '@xsi:type': `sf:${fault.detail}`,
            'sf:exceptionCode': fault.code,
            'sf:exceptionMessage': fault.message,
          },
        };
  return writeEnvelope(
    {
      'soapenv:Fault': {
        faultcode: isVendors ? `sf:${fault.code}` : fault.code,
        faultstring: isVendors ? `${fault.code}: ${fault.message}` : fault.message,
        detail,
      },
    },
    { '@xmlns:sf': service.faultNamespace },
  );
}
