import type { SandboxClock } from '../../admin/sandbox-clock.ts';
import type { JournalFile } from '../../journal/journal-file.ts';
import { createChangeLog, type ChangeLog } from './change-log.ts';
import { createCometd, type Cometd, type CometdOrg } from './cometd/cometd.ts';
import { createStreamingLog, type StreamingLog } from './cometd/streaming-log.ts';
import { createDeliveryAllowance, type DeliveryAllowance } from './delivery-allowance.ts';
import { eventRules } from './event-rules.ts';
import { createOpenStreams, type OpenStreams } from './open-streams.ts';
import type { SelectedEntities } from './selected-entities.ts';
import { createTopics, type Topics } from './topics.ts';

/** What an org has for telling others of its changes. */
export interface EventServices {
  readonly changes: ChangeLog;
  readonly topics: Topics;
  /** The event streams that clients of the Pub/Sub API hold open. */
  readonly streams: OpenStreams;
  readonly allowance: DeliveryAllowance;
  /** What PushTopics and generic channels told. */
  readonly streaming: StreamingLog;
  readonly cometd: Cometd;
}

/** What the services ask of the org they serve. */
interface EventOrg extends CometdOrg {
  readonly selectedEntities: SelectedEntities;
}

/** Creates them. `sandbox` is asked for its parts only when they are used: it is being built around them. */
export function createEventServices(
  clock: SandboxClock,
  journal: JournalFile,
  sandbox: () => EventOrg,
): EventServices {
  const streaming = createStreamingLog(clock);
  const topics = createTopics({
    schema: () => sandbox().org.preset.schema,
    publishes: (type) => sandbox().selectedEntities.has(type.name),
    channels: () => sandbox().settings.current.cdcChannels,
  });
  return {
    changes: createChangeLog(
      clock,
      () => eventRules(sandbox()),
      (at) => journal.append({ t: 'event-position', at }),
    ),
    topics,
    streams: createOpenStreams(),
    allowance: createDeliveryAllowance(clock, () => sandbox().settings.current.pubSubDailyDeliveries),
    streaming,
    cometd: createCometd(sandbox, topics, streaming),
  };
}
