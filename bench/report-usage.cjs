/** Required into a measured process: says at its end what it used. */
process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.stderr.write(`\nUSED ${(userCPUTime + systemCPUTime) / 1e6} ${maxRSS / 1024}\n`);
});
