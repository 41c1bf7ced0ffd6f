/** Where tokens and assertions may be sent. A token answer that names any other host is refused. */
const SALESFORCE_DOMAINS = ['salesforce.com', 'force.com', 'salesforce.mil', 'cloudforce.com'];
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether `url` is an origin of Salesforce itself, over TLS; with `sandbox`, a loopback address instead. */
export function isTrustedOrigin(url: string, sandbox: boolean): boolean {
  const parsed = parseUrl(url);
  if (!parsed || parsed.username !== '' || parsed.password !== '') return false;
  if (sandbox) return isLoopback(parsed.hostname);
  return (
    parsed.protocol === 'https:' &&
    (parsed.port === '' || parsed.port === '443') &&
    isSalesforce(parsed.hostname)
  );
}

/** The same for a `host:port` of the Pub/Sub API, which is always TLS. */
export function isTrustedEndpoint(endpoint: string, sandbox: boolean): boolean {
  const parsed = parseUrl(`https://${endpoint}`);
  if (!parsed || parsed.host !== endpoint.toLowerCase()) return false;
  return sandbox ? isLoopback(parsed.hostname) : isSalesforce(parsed.hostname);
}

/** jsforce honours the proxy variables but not NO_PROXY (facts 1.1), so loopback calls must switch the proxy off. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.has(hostname);
}

function isSalesforce(hostname: string): boolean {
  return SALESFORCE_DOMAINS.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}

function parseUrl(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}
