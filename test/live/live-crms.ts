import { startHubspotSandbox } from '../../sandbox/hubspot/start.ts';
import { startSalesforceSandbox } from '../../sandbox/salesforce/start.ts';
import { openHubspot, openSalesforce, type OpenedCrm } from './open-live.ts';
import { hubspotWords, salesforceWords, type Words } from './words.ts';

/** A vendor whose CRM the story can be played in. */
export interface LiveCrm {
  words: Words;
  /** What an account of it is called, and the option that names it. */
  named: 'org' | 'portal';
  open(settings: unknown, credentials: unknown): OpenedCrm;
  /** In a local CRM of its own, as long as `play` takes. */
  local<T>(play: (opened: OpenedCrm) => Promise<T>): Promise<T>;
}

const salesforce: LiveCrm = {
  words: salesforceWords,
  named: 'org',
  open: openSalesforce,
  async local(play) {
    const sandbox = await startSalesforceSandbox({ port: 0 });
    try {
      const { clientId, username, privateKey } = sandbox.credentials;
      const settings = { loginUrl: sandbox.url, pubsubEndpoint: sandbox.pubsubEndpoint, sandbox: true };
      return await play(openSalesforce(settings, { kind: 'jwt', clientId, username, privateKey }));
    } finally {
      await sandbox.close();
    }
  },
};

const hubspot: LiveCrm = {
  words: hubspotWords,
  named: 'portal',
  open: openHubspot,
  async local(play) {
    const sandbox = await startHubspotSandbox({ port: 0 });
    try {
      const { privateAppToken } = sandbox.credentials;
      const opened = openHubspot({ baseUrl: sandbox.url, sandbox: true }, { accessToken: privateAppToken });
      const played = await play(opened);
      await opened.connector.close();
      return played;
    } finally {
      await sandbox.close();
    }
  },
};

export const liveCrms: readonly LiveCrm[] = [salesforce, hubspot];
