import { recordId } from '../ids.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Manifest } from './package-file.ts';
import { writePackage } from './write-package.ts';

/** What a retrieve asks for. */
export interface RetrieveRequest {
  manifest: Manifest;
  /** Files stand at the top of the zip file instead of in a folder of their package. */
  singlePackage: boolean;
  packageNames: readonly string[];
}

/** The retrieves of an org. They are over when the sandbox clock says so; a restart forgets them. */
export interface Retrievals {
  start(request: RetrieveRequest): string;
  /** What `checkRetrieveStatus` answers; undefined for an unknown id. */
  result(id: string): Record<string, unknown> | undefined;
}

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
