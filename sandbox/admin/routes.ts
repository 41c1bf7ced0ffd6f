import type { SandboxAdapter } from './adapter.ts';
import { acting } from './acting.ts';
import { disturbing } from './disturbing.ts';
import { reading } from './reading.ts';
import { describeRoutes, type AdminRoute, type AdminRoutes } from './route.ts';

/** All routes of one sandbox's admin port: those every sandbox has, the vendor's own, and their index. */
export function adminRoutes(adapter: SandboxAdapter): AdminRoutes {
  const routes: AdminRoutes = {
    'GET /api': { about: 'Lists these calls, with the shape of their bodies.', run: () => index },
    ...reading(adapter),
    ...acting(adapter),
    ...disturbing(adapter),
    ...vendorRoutes(adapter),
  };
  const index = describeRoutes(routes);
  return routes;
}

function vendorRoutes(adapter: SandboxAdapter): Record<string, AdminRoute> {
  const own = Object.entries(adapter.routes ?? {});
  return Object.fromEntries(
    own.map(([name, route]) => [
      name,
      typeof route === 'function'
        ? { about: `Belongs to the ${adapter.vendor} sandbox.`, run: ({ body }) => route(body) }
        : route,
    ]),
  );
}
