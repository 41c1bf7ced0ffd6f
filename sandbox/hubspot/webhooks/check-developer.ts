import type { Call } from '../http/call.ts';
import { errorAnswer, notFound, VendorError } from '../http/vendor-error.ts';

/** Lets only the developer of the OAuth app in, by the key in the query; a portal's tokens open nothing here. */
export function checkDeveloper(call: Call): void {
  const { developerApiKey, appId, privateAppId } = call.sandbox.credentials;
  if (call.query.get('hapikey') !== developerApiKey) {
    const message = 'This hapikey does not exist or has no access to the app.';
    throw new VendorError(errorAnswer(401, { message, category: 'INVALID_AUTHENTICATION' }));
  }
  const asked = call.params['appId'];
  if (asked === String(privateAppId)) {
    const message = 'Webhooks of private apps are edited in the settings of the app.';
    throw new VendorError(errorAnswer(403, { message, category: 'BANNED' }));
  }
  if (asked !== String(appId)) throw notFound(`App ${asked} does not exist`);
}
