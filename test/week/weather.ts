import type { CrmAdmin } from '../../src/app/programme/crm-admin.ts';
import type { Random } from '../../sandbox/faults/random.ts';
import { pick } from './rep.ts';

/** Bad days of the local Salesforce (its README) that may be on for an hour. Those that cost real minutes are left out. */
const badDays = [
  'storm',
  'busy-org',
  'maintenance',
  'outage',
  'lock-contention',
  'token-revoked',
  'session-churn',
  'login-down',
  'resets',
  'lost-answers',
  'garbled-answers',
  'doubled-requests',
  'bad-events',
  'slow-queries',
] as const;
export type Weather = (typeof badDays)[number] | 'streams end' | 'fair';

/** Changes the weather: fair half of the time, else one bad day, and now and then every event stream ends. */
export async function changeWeather(random: Random, admin: CrmAdmin): Promise<Weather> {
  await admin.clearFaults();
  if (random() < 0.5) return 'fair';
  if (random() < 0.1) {
    await admin.post('/streams', { code: 'reset' });
    return 'streams end';
  }
  const day = pick(random, badDays);
  await admin.post(`/faults/preset/${day}`, {});
  return day;
}
