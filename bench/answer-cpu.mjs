// Loaded into a measured process: tells its parent how much processor time it has used, whenever asked.
if (process.send) {
  process.on('message', (question) => {
    if (question === 'cpu?') process.send?.({ cpu: process.cpuUsage() });
  });
  process.channel?.unref();
}
