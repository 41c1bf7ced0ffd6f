import type { OauthApp } from '../../crm/authorization.ts';
import { startCallbackServer } from './callback-server.ts';
import { addressToOpen, type Authorizable } from './connection-to-authorize.ts';
import { newProof } from './proof.ts';

export interface BrowserLogin {
  /** 0 takes a free port; vendors accept only addresses that are registered in the app. */
  callbackPort: number;
  timeoutMs: number;
  /** Shows the person where to go; may open a browser, too. */
  show(url: string, redirectUri: string): void;
}

export interface Answered {
  app: OauthApp;
  redirectUri: string;
  code: string;
  verifier: string;
}

/**
 * One login from the command line: sends a person to the vendor and waits on this machine for them to come back. The
 * verifier and the state live in this process only and serve once.
 * @throws AuthorizationRefused
 */
export async function logInByBrowser(
  target: Pick<Authorizable, 'flow' | 'settings' | 'app'> & { label: string },
  login: BrowserLogin,
  lasting: boolean,
): Promise<Answered> {
  const { verifier, challenge, secret: state } = newProof();
  const server = await startCallbackServer(login.callbackPort);
  try {
    const { redirectUri } = server;
    const request = { app: target.app, redirectUri, state, challenge, lasting };
    const code = server.code(state, target.label, login.timeoutMs);
    login.show(addressToOpen(target, request), redirectUri);
    return { app: target.app, redirectUri, verifier, code: await code };
  } finally {
    server.close();
  }
}
