/**
 * The run's shared redis-server, or why there is none. Others use it at the same time: take a key prefix of your
 * own, and for FLUSHALL, restarts and the like start one of your own with `startRedisServer`.
 */
export function redisForTests(): { url: string } | { skip: string } {
  const url = process.env['TRIBUTARY_TEST_REDIS_URL'];
  if (url !== undefined && url !== '') return { url };
  return { skip: 'no redis-server on this machine; to run these: apt-get install redis-server' };
}
