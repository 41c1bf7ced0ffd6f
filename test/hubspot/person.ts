/** An administrator of the portal at a browser: opens the page an app sent them to, decides there, and is sent back. */
export type Decision = 'grant' | 'deny';

/** @returns the address HubSpot sends the browser to */
export async function followAuthorization(url: string, decision: Decision = 'grant'): Promise<string> {
  const page = await fetch(url);
  if (!page.ok) throw new Error(`the page says: ${await page.text()}`);
  const { origin, pathname, searchParams } = new URL(url);
  const body = new URLSearchParams({ ...Object.fromEntries(searchParams), decision });
  const answer = await fetch(origin + pathname, { method: 'POST', body, redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`no redirect: ${answer.status} ${await answer.text()}`);
  return location;
}

/** Goes all the way back. @returns what the page says that the person ends on */
export async function authorize(url: string): Promise<string> {
  return (await fetch(await followAuthorization(url))).text();
}
