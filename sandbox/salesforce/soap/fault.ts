/**
 * A refused SOAP call, answered 500.
 * A vendor code such as `INVALID_LOGIN` gets the prefix `sf:`, and stands again before the fault string;
 * a code with a prefix of its own (`soapenv:Client`) is sent as it is.
 */
export class SoapFault extends Error {
  readonly code: string;
  /** Element of `<detail>`; undefined for none. */
  readonly detail: string | undefined;

  constructor(code: string, message: string, detail?: string) {
    super(message);
    this.name = 'SoapFault';
    this.code = code;
    this.detail = detail;
  }
}

/** The session of a SessionHeader is unknown, expired or missing. The client loop of jsforce looks for this code in a 500. */
export function invalidSession(sessionId: string | undefined): SoapFault {
  const reason =
    sessionId === undefined || sessionId === ''
      ? 'Session ID was missing'
      : `Illegal Session. Session not found, missing session hash: ${sessionId.slice(0, 12)}`;
  return new SoapFault(
    'INVALID_SESSION_ID',
    `Invalid Session ID found in SessionHeader: ${reason}`,
    'UnexpectedErrorFault',
  );
}
