/**
 * How a person lets us act for them in a CRM: the vendor's OAuth web-server flow in two steps around a browser, with PKCE
 * (RFC 7636, S256) where the vendor has it. The connector builds the address to open and redeems the code; who asked, the state and the verifier
 * are kept by the application.
 */
import type { CallOptions } from './call-options.ts';

/** The vendor's app that people let in: what it is called there, and its secret where the app demands one. */
export interface OauthApp {
  clientId: string;
  clientSecret?: string;
}

export interface AuthorizationRequest {
  app: OauthApp;
  /** Compared by the vendor letter by letter with what is registered in the app. */
  redirectUri: string;
  /** Comes back with the code; whoever does not know it has not been sent by us. */
  state: string;
  /** base64url of the SHA-256 of the verifier. */
  challenge: string;
  /** A connection lasts; a one-time login ends with its session and leaves nothing to be stored. */
  lasting: boolean;
  /** The user expected to log in, when known. */
  loginHint?: string;
}

export interface AuthorizationAnswer {
  app: OauthApp;
  redirectUri: string;
  code: string;
  verifier: string;
  lasting: boolean;
}

export interface Granted<Credentials> {
  /** Of a lasting login: to be stored sealed. Of a one-time login: to be kept in memory only. */
  credentials: Credentials;
  /** The org or portal that was logged in to. */
  accountId: string;
}

export interface AuthorizationFlow<Settings, Credentials> {
  /** Makes a connection's settings of the address a person logs in at; the rest of `settings` stays. */
  at(settings: Settings, loginUrl: string): unknown;
  /** The app that stored credentials belong to. */
  appOf(credentials: Credentials): OauthApp;
  /** What a connection holds between being set up and being connected. */
  unconnected(app: OauthApp): Credentials;
  /** The address to open in a browser. */
  ask(settings: Settings, request: AuthorizationRequest): string;
  /** @throws SyncError `auth-expired` when the vendor refuses or answers with an address that is not its own */
  redeem(
    settings: Settings,
    answer: AuthorizationAnswer,
    options: CallOptions,
  ): Promise<Granted<Credentials>>;
  /** Ends a login that is not going to be used. @throws SyncError */
  revoke(settings: Settings, credentials: Credentials, options: CallOptions): Promise<void>;
  /** The same signing key, another user; null when these credentials hold no key. */
  actingAs(credentials: Credentials, username: string): Credentials | null;
}
