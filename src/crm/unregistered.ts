export interface UnregisteredWanted {
  object: string;
  /** Empty in the deals wanted. */
  keyField: string;
  /** Field that a partner's deal carries; null: do not look for those. */
  tagField: string | null;
  /** Field and values of renewals; null: do not look for those. */
  renewals: { field: string; values: readonly string[] } | null;
  withCurrency: boolean;
  /** In the vendor's clock, half-open. */
  window: { from: Date; to: Date };
}

/** A deal in the CRM that no registration of ours belongs to. */
export interface UnregisteredDeal {
  crmId: string;
  name: string;
  /** What the tag field holds; null when empty or not asked for. */
  tag: string | null;
  /** It is of a kind that the rule for renewals names. */
  renewal: boolean;
  accountId: string | null;
  closed: boolean;
  won: boolean;
  /** Exact decimal text. */
  amount: string | null;
  currency: string | null;
  /** `YYYY-MM-DD` */
  closeDate: string | null;
}
