import { recordId } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Retrievals, RetrieveRequest } from './retrievals.ts';
import { writePackage } from './write-package.ts';

/** Creates an org's retrieves. */
export function createRetrievals(sandbox: () => Sandbox): Retrievals {
  const started = new Map<string, { request: RetrieveRequest; at: number; done?: Record<string, unknown> }>();
  return {
    start(request) {
      const id = recordId('09S', started.size + 1);
      started.set(id, { request, at: sandbox().clock.ms() });
      return id;
    },
    result(id) {
      const one = started.get(id);
      if (one === undefined) return undefined;
      const { clock, org } = sandbox();
      const passed = clock.ms() - one.at;
      if (one.done === undefined && passed < org.settings.metadataJobMs) {
        const status = passed < org.settings.metadataJobMs / 2 ? 'Pending' : 'InProgress';
        return { done: false, id, status, success: false };
      }
      one.done ??= {
        done: true,
        ...writePackage(sandbox(), one.request),
        id,
        status: 'Succeeded',
        success: true,
      };
      return one.done;
    },
  };
}
