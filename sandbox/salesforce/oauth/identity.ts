import { XMLBuilder } from 'fast-xml-parser';
import { renderDatetime } from '../rest/render.ts';
import type { Reply } from '../rest/request.ts';
import { notFound } from '../rest/rest-error.ts';
import { NEWEST_VERSION } from '../rest/versions.ts';
import type { Sandbox } from '../sandbox.ts';
import { bearerToken } from './read-form.ts';
import { identityUrl } from './token.ts';
import type { OauthRequest } from './oauth-request.ts';

/** `GET` or `POST /services/oauth2/userinfo` (OpenID Connect) */
export function userInfo(request: OauthRequest): Reply {
  const user = currentUser(request);
  if (typeof user === 'string') return refusal(user);
  const { sandbox } = request;
  const body = {
    sub: identityUrl(sandbox, user.id),
    user_id: user.id,
    organization_id: sandbox.credentials.organizationId,
    preferred_username: user.username,
    nickname: user.nickname,
    name: user.name,
    email: user.email,
    email_verified: true,
    given_name: user.firstName,
    family_name: user.lastName,
    zoneinfo: 'UTC',
    photos: photos(sandbox),
    profile: `${sandbox.url}/${user.id}`,
    picture: photos(sandbox).picture,
    thumbnail: photos(sandbox).thumbnail,
    urls: urls(request, user.id),
    active: user.active,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 0,
    updated_at: renderDatetime(user.modifiedAt).replace('+0000', 'Z'),
    is_app_installed: true,
  };
  return { status: 200, body, records: 0 };
}

/** `GET /id/{organization}/{user}`: as JSON, or as `format=xml` or `urlencoded` say. */
export function identity(request: OauthRequest): Reply {
  const user = currentUser(request);
  if (typeof user === 'string') return refusal(user);
  const { sandbox } = request;
  const [, organizationId, userId] = request.segments;
  if (organizationId !== sandbox.credentials.organizationId) return refusal('Wrong_Org');
  if (userId !== user.id) throw notFound();
  const body = {
    id: identityUrl(sandbox, user.id),
    asserted_user: true,
    user_id: user.id,
    organization_id: organizationId,
    username: user.username,
    nick_name: user.nickname,
    display_name: user.name,
    email: user.email,
    email_verified: true,
    first_name: user.firstName,
    last_name: user.lastName,
    timezone: 'UTC',
    photos: photos(sandbox),
    addr_street: null,
    addr_city: null,
    addr_state: null,
    addr_country: null,
    addr_zip: null,
    mobile_phone: null,
    mobile_phone_verified: false,
    is_lightning_login_user: false,
    status: { created_date: null, body: null },
    urls: urls(request, user.id),
    active: user.active,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 0,
    last_modified_date: renderDatetime(user.modifiedAt),
    is_app_installed: true,
  };
  return inFormat(request, body);
}

function inFormat(request: OauthRequest, body: Record<string, unknown>): Reply {
  const format = request.query.get('format') ?? formatOf(request.headers.accept ?? '');
  if (format === 'xml') {
    const xml = new XMLBuilder({}).build({ user: body });
    const json = `<?xml version="1.0" encoding="UTF-8"?>${xml}`;
    return { status: 200, json, headers: { 'content-type': 'application/xml;charset=UTF-8' }, records: 0 };
  }
  if (format === 'urlencoded') {
    const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
    return { status: 200, json: new URLSearchParams(flattened(body)).toString(), headers, records: 0 };
  }
  return { status: 200, body, records: 0 };
}

function formatOf(accept: string): string {
  if (/application\/json/i.test(accept)) return 'json';
  if (/application\/xml/i.test(accept)) return 'xml';
  return /application\/x-www-form-urlencoded/i.test(accept) ? 'urlencoded' : 'json';
}

function flattened(body: object, prefix = ''): [string, string][] {
  return Object.entries(body).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? flattened(value, `${prefix}${name}.`)
      : [[prefix + name, String(value ?? '')] as [string, string]],
  );
}

function photos(sandbox: Sandbox): { picture: string; thumbnail: string } {
  return { picture: `${sandbox.url}/profilephoto/005/F`, thumbnail: `${sandbox.url}/profilephoto/005/T` };
}

/** Where the user's APIs are. The version is a gap to fill in, unless `version=` names one. */
function urls(request: OauthRequest, userId: string): Record<string, string> {
  const { sandbox, query } = request;
  const asked = query.get('version');
  const version = asked === null ? '{version}' : asked === 'latest' ? `${NEWEST_VERSION}.0` : asked;
  const base = sandbox.url;
  const data = `${base}/services/data/v${version}/`;
  const id15 = sandbox.credentials.organizationId.slice(0, 15);
  return {
    enterprise: `${base}/services/Soap/c/${version}/${id15}`,
    metadata: `${base}/services/Soap/m/${version}/${id15}`,
    partner: `${base}/services/Soap/u/${version}/${id15}`,
    rest: data,
    sobjects: `${data}sobjects/`,
    search: `${data}search/`,
    query: `${data}query/`,
    recent: `${data}recent/`,
    tooling_soap: `${base}/services/Soap/T/${version}/${id15}`,
    tooling_rest: `${data}tooling/`,
    profile: `${base}/${userId}`,
  };
}

interface CurrentUser {
  id: string;
  username: string;
  nickname: string;
  name: string;
  firstName: string | null;
  lastName: string;
  email: string;
  active: boolean;
  modifiedAt: number;
}

function currentUser({
  sandbox,
  headers,
  query,
}: OauthRequest): CurrentUser | 'Missing_OAuth_Token' | 'Bad_OAuth_Token' {
  const token = bearerToken(headers['authorization']) ?? query.get('oauth_token');
  if (token === null || token === '') return 'Missing_OAuth_Token';
  const session = sandbox.sessions.find(token);
  if (session === undefined) return 'Bad_OAuth_Token';
  const row = sandbox.org.table('User').get(session.userId);
  return {
    id: session.userId,
    username: String(row?.['Username']),
    nickname: String(row?.['Alias']),
    name: String(row?.['Name']),
    firstName: row?.['FirstName'] === undefined ? null : String(row['FirstName']),
    lastName: String(row?.['LastName'] ?? row?.['Name']),
    email: String(row?.['Email']),
    active: row?.['IsActive'] === true,
    modifiedAt: Number(row?.['LastModifiedDate']),
  };
}

/** The identity service answers in one word of plain text, where the data API answers in JSON. */
function refusal(word: string): Reply {
  return { status: 403, json: word, headers: { 'content-type': 'text/html;charset=UTF-8' }, records: 0 };
}
