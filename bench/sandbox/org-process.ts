/** Runs one Salesforce sandbox and nothing else, so that its processor time and memory are its own. Prints where it is. */
import { startSalesforceSandbox } from '../../sandbox/salesforce/start.ts';

const [preset = 'default', dataDir] = process.argv.slice(2);
const sandbox = await startSalesforceSandbox({
  port: 0,
  preset,
  dailyApiRequests: 10_000_000,
  ...(dataDir === undefined ? {} : { dataDir }),
});
const { url, adminUrl, credentials } = sandbox;
console.log(JSON.stringify({ url, adminUrl, credentials }));
process.once('SIGTERM', () => void sandbox.close().then(() => process.exit(0)));
