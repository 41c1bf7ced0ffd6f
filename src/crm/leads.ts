import type { CallOptions } from './call-options.ts';

/** A lead of ours, as the CRM has it now. */
export interface LeadState {
  crmId: string;
  /** Our key: the deal's id. */
  key: string;
  deleted: boolean;
  converted: LeadConversion | null;
}

export interface LeadConversion {
  /** Null: converted without a deal. */
  dealCrmId: string | null;
  /** The deal was there before the lead was converted into it. */
  existedBefore: boolean;
}

export interface LeadPage {
  leads: readonly LeadState[];
  /** Present when more pages follow in this window. */
  next?: string;
}

/** Leads with our key that changed in the window (vendor's clock, half-open), deleted ones included, paged by id. */
export type PollLeads = (
  object: string,
  keyField: string,
  window: { from: Date; to: Date; after?: string },
  options: CallOptions,
) => Promise<LeadPage>;
