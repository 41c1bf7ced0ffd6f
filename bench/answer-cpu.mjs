// Loaded into a measured process: tells its parent how much processor time and memory it uses, whenever asked.
if (process.send) {
  process.on('message', (question) => {
    if (question === 'cpu?') process.send?.({ cpu: process.cpuUsage() });
    if (question === 'memory?') {
      // Only with --expose-gc: what is left afterwards is what is held.
      globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      process.send?.({ memory: { rss, heapUsed } });
    }
  });
  process.channel?.unref();
}
