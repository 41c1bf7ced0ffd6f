import { userOfPassword } from '../oauth/log-in.ts';
import { textOf } from './envelope.ts';
import { SoapFault } from './fault.ts';
import type { SoapOperation, SoapRequest } from './answer-soap.ts';

/** Newest version in which the vendor still offers `login`; it retires the call with version 65. */
const LAST_LOGIN_VERSION = 64;

/** `login`, `logout` and `getUserInfo`, as the partner (`u`) or enterprise (`c`) API has them. */
export function loginOperations(letter: 'u' | 'c'): Record<string, SoapOperation> {
  return {
    login: (request) => login(request, letter),
    logout(request) {
      request.sandbox.sessions.revoke(request.session().token);
      return '';
    },
    getUserInfo: (request) => ({ result: userInfo(request, request.session().userId) }),
  };
}

function login(request: SoapRequest, letter: 'u' | 'c'): unknown {
  const { sandbox, version, call } = request;
  if (Number(version) > LAST_LOGIN_VERSION) {
    throw new SoapFault(
      'INVALID_OPERATION',
      `login is not available in API version ${version}`,
      'UnexpectedErrorFault',
    );
  }
  if (sandbox.settings.current.orgLocked)
    throw new SoapFault('ORG_LOCKED', 'The organization is locked', 'LoginFault');
  const user = userOfPassword(
    sandbox,
    textOf(call.input, 'username') ?? '',
    textOf(call.input, 'password') ?? '',
  );
  if (user === undefined || user['IsActive'] === false) {
    throw new SoapFault(
      'INVALID_LOGIN',
      'Invalid username, password, security token; or user locked out.',
      'LoginFault',
    );
  }
  const session = sandbox.sessions.open(user['Id'] as string);
  const { organizationId } = sandbox.credentials;
  const id15 = organizationId.slice(0, 15);
  return {
    result: {
      metadataServerUrl: `${sandbox.url}/services/Soap/m/${version}/${id15}`,
      passwordExpired: false,
      sandbox: true,
      serverUrl: `${sandbox.url}/services/Soap/${letter}/${version}/${id15}`,
      sessionId: session.token,
      userId: session.userId,
      userInfo: userInfo(request, session.userId),
    },
  };
}

function userInfo({ sandbox }: SoapRequest, userId: string): unknown {
  const row = sandbox.org.table('User').get(userId);
  const [corporate] = sandbox.org.preset.currencies;
  return {
    accessibilityMode: false,
    chatterExternal: false,
    currencySymbol: corporate === undefined ? '$' : undefined,
    orgAttachmentFileSizeLimit: 26_214_400,
    orgDefaultCurrencyIsoCode: corporate?.code ?? 'USD',
    orgDefaultCurrencyLocale: 'en_US',
    orgDisallowHtmlAttachments: false,
    orgHasPersonAccounts: sandbox.org.preset.schema.object('Account')?.field('IsPersonAccount') !== undefined,
    organizationId: sandbox.credentials.organizationId,
    organizationMultiCurrency: corporate !== undefined,
    organizationName: 'Tributary sandbox',
    profileId: row?.['ProfileId'],
    sessionSecondsValid: sandbox.settings.current.sessionTimeoutMinutes * 60,
    userDefaultCurrencyIsoCode: corporate?.code,
    userEmail: row?.['Email'],
    userFullName: row?.['Name'],
    userId,
    userLanguage: 'en_US',
    userLocale: 'en_US',
    userName: row?.['Username'],
    userTimeZone: 'UTC',
    userType: 'Standard',
    userUiSkin: 'Theme3',
  };
}
