/**
 * Why: a login that is refused stops its connection until it works again. Nobody but one check at a time asks the login
 * again meanwhile, or the user would be locked out; and somebody is told, once per episode, by mail and by message.
 * Objects: connections.login_*; cards.solved_told_at; messages.card_id, mails.card_id.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE connections
      -- Set: nothing is sent or read on the connection until a login works again.
      ADD COLUMN login_refused_since timestamptz,
      -- How often in this episode, which lasts as long as its card is open; each waits longer than the one before.
      ADD COLUMN login_refusals integer NOT NULL DEFAULT 0,
      -- When the login is looked at next. Whoever moves it does the looking, so it is one process.
      ADD COLUMN login_check_at timestamptz,
      -- The login works again without anybody having connected anew; until then the episode may still go on.
      ADD COLUMN login_trial_until timestamptz;

    ALTER TABLE cards ADD COLUMN solved_told_at timestamptz;
    CREATE INDEX cards_solved_untold ON cards (id)
      WHERE alerts AND alerted_at IS NOT NULL AND closed_at IS NOT NULL AND solved_told_at IS NULL;

    ALTER TABLE messages ADD COLUMN card_id bigint REFERENCES cards (id) ON DELETE CASCADE;
    ALTER TABLE messages DROP CONSTRAINT messages_check;
    ALTER TABLE messages ADD CONSTRAINT messages_one_subject CHECK (num_nonnulls(entry_id, trigger_id, card_id) = 1);
    -- An endpoint is told of a card once, and once that it is solved.
    CREATE UNIQUE INDEX messages_by_card ON messages (endpoint_id, card_id, type) WHERE card_id IS NOT NULL;

    ALTER TABLE mails ADD COLUMN card_id bigint UNIQUE REFERENCES cards (id) ON DELETE CASCADE;
    ALTER TABLE mails ALTER COLUMN entry_id DROP NOT NULL;
    ALTER TABLE mails ALTER COLUMN partner_id DROP NOT NULL;
    ALTER TABLE mails ADD CONSTRAINT mails_one_subject
      CHECK (num_nonnulls(entry_id, card_id) = 1 AND (entry_id IS NULL) = (partner_id IS NULL));
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DELETE FROM mails WHERE card_id IS NOT NULL;
    ALTER TABLE mails DROP CONSTRAINT mails_one_subject;
    ALTER TABLE mails DROP COLUMN card_id;
    ALTER TABLE mails ALTER COLUMN entry_id SET NOT NULL;
    ALTER TABLE mails ALTER COLUMN partner_id SET NOT NULL;
    DELETE FROM messages WHERE card_id IS NOT NULL;
    ALTER TABLE messages DROP CONSTRAINT messages_one_subject;
    ALTER TABLE messages DROP COLUMN card_id;
    ALTER TABLE messages ADD CONSTRAINT messages_check CHECK ((entry_id IS NULL) <> (trigger_id IS NULL));
    DROP INDEX cards_solved_untold;
    ALTER TABLE cards DROP COLUMN solved_told_at;
    ALTER TABLE connections DROP COLUMN login_refused_since, DROP COLUMN login_refusals, DROP COLUMN login_check_at,
      DROP COLUMN login_trial_until;
  `);
}
