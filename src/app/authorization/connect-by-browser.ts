import type { Application } from '../open-application.ts';
import { logInByBrowser, type BrowserLogin } from './log-in-by-browser.ts';
import { setUpConnection, type LoginPlace } from './set-up-connection.ts';
import { redeemAndStore, type Connected } from './store-login.ts';

/** Connects a CRM, or connects it again, by a login in a browser on this machine. @throws AuthorizationRefused */
export async function connectByBrowser(
  app: Application,
  vendor: string,
  place: LoginPlace,
  login: BrowserLogin,
): Promise<Connected> {
  const { target, undo } = await setUpConnection(app, vendor, place);
  try {
    const answered = await logInByBrowser({ ...target, label: target.definition.label }, login, true);
    return await redeemAndStore(app, target, answered);
  } catch (error) {
    await undo();
    throw error;
  }
}
