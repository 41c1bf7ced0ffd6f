/** jest's globalTeardown: also called after failed tests. */
export default async function stopServices(): Promise<void> {
  const services = globalThis.tributaryTestServices;
  if (services === undefined || services.exitCode !== null) return;
  services.ref();
  const ended = new Promise((resolve) => services.once('exit', resolve));
  services.stdin?.end();
  await ended;
}
