import type { OauthRoute } from '../oauth/oauth-request.ts';
import { METADATA_SERVICE } from '../metadata/metadata-service.ts';
import { answerSoap, type SoapService } from './answer-soap.ts';
import { loginOperations } from './login.ts';

/** The SOAP APIs of the org, by the letter in their path. */
const SERVICES: Readonly<Record<string, SoapService>> = {
  u: {
    namespace: 'urn:partner.soap.sforce.com',
    faultNamespace: 'urn:fault.partner.soap.sforce.com',
    operations: loginOperations('u'),
  },
  c: {
    namespace: 'urn:enterprise.soap.sforce.com',
    faultNamespace: 'urn:fault.enterprise.soap.sforce.com',
    operations: loginOperations('c'),
  },
  m: METADATA_SERVICE,
};

/** Finds the SOAP service of `/services/Soap/{letter}/{version}` (clients may add the organization's id). */
export function findSoapRoute(method: string, segments: readonly string[]): OauthRoute | undefined {
  const [services, soap, letter = '', version, organization, ...more] = segments;
  const service = Object.hasOwn(SERVICES, letter) ? SERVICES[letter] : undefined;
  if (services !== 'services' || soap !== 'Soap' || method !== 'POST' || more.length > 0) return undefined;
  if (service === undefined || version === undefined || organization === '') return undefined;
  return {
    endpoint: `POST /services/Soap/${letter}`,
    run: ({ sandbox, body, requestId }) => answerSoap(sandbox, service, version, body, requestId),
  };
}
