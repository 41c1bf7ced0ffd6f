/** A person at a browser: opens the address an app sent them to, logs in (or declines), and is sent back. */
export type Decision = { username: string; password: string } | 'declines';

/** @returns the address the vendor sends the browser to */
export async function followLogin(url: string, decision: Decision): Promise<string> {
  const address = new URL(url);
  if (decision === 'declines') address.searchParams.set('decision', 'deny');
  else for (const [name, value] of Object.entries(decision)) address.searchParams.set(name, value);
  const answer = await fetch(address, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`no redirect: ${answer.status} ${await answer.text()}`);
  return location;
}

/** Goes all the way back. @returns what the page says that the person ends on */
export async function logIn(url: string, decision: Decision): Promise<{ status: number; page: string }> {
  const answer = await fetch(await followLogin(url, decision));
  return { status: answer.status, page: await answer.text() };
}
