/** Who owns what in the CRM, read anew for each batch of new deals: people leave. */
export interface OwnersWanted {
  /** The object of the accounts. */
  object: string;
  accountIds: readonly string[];
  /** A field of the account to read with it. */
  accountField?: string;
  usernames: readonly string[];
}

export interface OwnersFound {
  /** Account id as given → its owner and the field asked for. */
  accounts: ReadonlyMap<string, { owner: Owner | null; field: string | null }>;
  /** User name as given → user; one that does not exist is missing. */
  users: ReadonlyMap<string, Owner>;
}

export interface Owner {
  id: string;
  username: string;
  active: boolean;
  /** It is the user we act as. */
  ours: boolean;
}
