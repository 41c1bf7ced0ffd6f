/** A record of the CRM that could be the partner, and why. */
export interface PartnerCandidate {
  crmId: string;
  name: string;
  because: string;
}

/**
 * Which CRM account a partner is, per connection. Only a person confirms. Implemented by the application, which
 * knows the connections.
 */
export interface PartnerLinks {
  /** @throws LinkRefused when the partner or the connection is not known */
  candidates(partnerKey: string, connectionId: string): Promise<readonly PartnerCandidate[]>;
  /** @throws LinkRefused when the partner, the connection or the record is not known */
  confirm(partnerKey: string, connectionId: string, crmId: string, by: string): Promise<void>;
}

/** The link cannot be made or looked for; the message says why, for the person who asked. */
export class LinkRefused extends Error {
  readonly isMissing: boolean;

  /** @param isMissing the partner, connection or record does not exist (HTTP 404 instead of 409) */
  constructor(reason: string, isMissing: boolean) {
    super(reason);
    this.name = 'LinkRefused';
    this.isMissing = isMissing;
  }
}
