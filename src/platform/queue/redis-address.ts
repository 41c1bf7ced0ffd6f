import { Cluster, Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';

/** Where Redis is, in one of its three shapes. */
export type RedisAddress =
  | { kind: 'single'; url: string }
  | {
      kind: 'sentinel';
      sentinels: HostAndPort[];
      master: string;
      db: number;
      tls: boolean;
      credentials: Credentials;
      sentinelPassword: string | undefined;
    }
  | { kind: 'cluster'; nodes: HostAndPort[]; tls: boolean; credentials: Credentials };

export interface HostAndPort {
  host: string;
  port: number;
}

interface Credentials {
  username: string | undefined;
  password: string | undefined;
}

const SHAPES =
  'redis://host:6379/0, redis+sentinel://host:26379,host:26379/master-name or redis+cluster://host:6379,host:6379';

/**
 * Reads a REDIS_URL: `redis://[user:password@]host:port/db`, `redis+sentinel://[user:password@]host:port,…/master[/db]
 * [?sentinelPassword=…]`, `redis+cluster://[user:password@]host:port,…`; with `rediss` in front for TLS. Throws a
 * sentence that says what is wrong, without the password.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const several = /^(rediss?)\+(sentinel|cluster):\/\/(?:([^@/]*)@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(
    url,
  );
  if (several === null) return parseSingle(url);
  const [, scheme, kind, userInfo = '', hosts = '', path = '', query = ''] = several;
  const tls = scheme === 'rediss';
  const credentials = parseCredentials(userInfo);
  if (kind === 'cluster') return { kind: 'cluster', nodes: parseHosts(hosts, 6379), tls, credentials };

  const [master = '', db = '0'] = path.split('/');
  if (master === '') throw new Error('names no master: redis+sentinel://host:26379,host:26379/master-name');
  if (!/^\d+$/.test(db)) throw new Error(`"${db}" is not a database number`);
  return {
    kind: 'sentinel',
    sentinels: parseHosts(hosts, 26_379),
    master: decodeURIComponent(master),
    db: Number(db),
    tls,
    credentials,
    sentinelPassword: new URLSearchParams(query).get('sentinelPassword') ?? undefined,
  };
}

/** A client for that address. `options` hold for every connection it makes. */
export function connectRedis(address: RedisAddress, options: RedisOptions): Redis | Cluster {
  if (address.kind === 'single') return new Redis(address.url, options);
  const security: RedisOptions = {
    ...(address.credentials.username === undefined ? {} : { username: address.credentials.username }),
    ...(address.credentials.password === undefined ? {} : { password: address.credentials.password }),
    ...(address.tls ? { tls: {} } : {}),
  };
  if (address.kind === 'sentinel') {
    return new Redis({
      ...options,
      ...security,
      // ioredis asks the sentinels again after 10 ms by default.
      sentinelRetryStrategy: (times) => Math.min(times * 100, 2000),
      sentinels: address.sentinels,
      name: address.master,
      db: address.db,
      ...(address.tls ? { enableTLSForSentinelMode: true } : {}),
      ...(address.sentinelPassword === undefined ? {} : { sentinelPassword: address.sentinelPassword }),
    });
  }
  const { enableOfflineQueue, retryStrategy, ...perNode } = options;
  return new Cluster(address.nodes, {
    redisOptions: { ...perNode, ...security },
    ...(enableOfflineQueue === undefined ? {} : { enableOfflineQueue }),
    clusterRetryStrategy: (times) => retryStrategy?.(times),
  });
}

function parseSingle(url: string): RedisAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new Error(`is not a Redis address; write ${SHAPES}`);
  }
  return { kind: 'single', url };
}

function parseCredentials(userInfo: string): Credentials {
  const colon = userInfo.indexOf(':');
  const [user, password] = colon < 0 ? [userInfo, ''] : [userInfo.slice(0, colon), userInfo.slice(colon + 1)];
  return {
    username: user === '' ? undefined : decodeURIComponent(user),
    password: password === '' ? undefined : decodeURIComponent(password),
  };
}

function parseHosts(hosts: string, defaultPort: number): HostAndPort[] {
  return hosts.split(',').map((text) => {
    const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text.trim()) ?? [];
    if (host === undefined) throw new Error(`"${text}" is not a host and port; write ${SHAPES}`);
    return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? defaultPort : Number(port) };
  });
}
