/**
 * Why: commission. Plan versions, the ledger of entries, and what the last computation made of each win.
 * Objects: plans, commission_entries, commission_outcomes; function refuse_change_of_posted_rows.
 * Posted (INSERT and SELECT only for the application's role): plans, commission_entries.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Grants keep the application from changing a posted row; this keeps the owner from doing it by accident.
    -- A superuser who means it disables the trigger, which shows in the catalogue.
    CREATE FUNCTION refuse_change_of_posted_rows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'rows of % are posted: post a correction instead of % ', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
    END $$;

    CREATE TABLE plans (
      id uuid PRIMARY KEY,
      key text NOT NULL CHECK (key <> ''),
      version integer NOT NULL CHECK (version > 0),
      -- In effect from this UTC day until effective_to (exclusive), or until the next published plan starts.
      effective_from date NOT NULL UNIQUE,
      effective_to date CHECK (effective_to > effective_from),
      content jsonb NOT NULL,
      digest text NOT NULL,
      -- The file as it was published, for people.
      source text NOT NULL,
      published_by text NOT NULL,
      published_at timestamptz NOT NULL,
      UNIQUE (key, version)
    );

    CREATE TABLE commission_entries (
      id uuid PRIMARY KEY,
      deal_id uuid NOT NULL,
      epoch integer NOT NULL,
      partner_id uuid NOT NULL REFERENCES partners (id),
      line text NOT NULL,
      component text NOT NULL,
      -- Counts the entries of one (deal, epoch, partner, line, component). Two computations that overlap both want
      -- the same number, so the second one fails instead of posting twice.
      revision integer NOT NULL CHECK (revision > 0),
      -- The revision of the won epoch this was computed from.
      epoch_revision integer NOT NULL,
      kind text NOT NULL CHECK (kind IN ('accrued', 'adjusted', 'reversed')),
      amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
      -- What the entries of this key and currency add up to with this one.
      target_minor bigint NOT NULL CHECK (target_minor >= 0),
      currency char(3) NOT NULL,
      plan_id uuid NOT NULL REFERENCES plans (id),
      -- Everything the amount follows from, without personal data: recomputing gives the same minor units.
      inputs jsonb NOT NULL,
      trace jsonb,
      explanation text NOT NULL,
      corrects uuid REFERENCES commission_entries (id),
      won_at timestamptz NOT NULL,
      posted_at timestamptz NOT NULL,
      FOREIGN KEY (deal_id, epoch) REFERENCES won_epochs (deal_id, epoch),
      CONSTRAINT commission_entries_once UNIQUE (deal_id, epoch, partner_id, line, component, revision),
      CHECK ((revision = 1) = (corrects IS NULL))
    );
    CREATE INDEX commission_entries_by_partner ON commission_entries (partner_id, posted_at);

    -- The present view, one row per won epoch: what it earned, or why it earns nothing, or why it is held.
    CREATE TABLE commission_outcomes (
      deal_id uuid NOT NULL,
      epoch integer NOT NULL,
      state text NOT NULL CHECK (state IN ('earned', 'nothing', 'held')),
      reason text,
      explanation text NOT NULL,
      epoch_revision integer NOT NULL,
      computed_at timestamptz NOT NULL,
      -- Since when this state and reason hold without a break.
      since timestamptz NOT NULL,
      PRIMARY KEY (deal_id, epoch),
      FOREIGN KEY (deal_id, epoch) REFERENCES won_epochs (deal_id, epoch)
    );
    CREATE INDEX commission_outcomes_held ON commission_outcomes (since) WHERE state = 'held';
  `);
  for (const table of ['plans', 'commission_entries']) {
    await knex.raw(`
      CREATE TRIGGER ${table}_posted BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_posted_rows();
      REVOKE ALL ON ${table} FROM tributary_app;
      GRANT SELECT, INSERT ON ${table} TO tributary_app;
    `);
  }
  await knex.raw('GRANT SELECT, INSERT, UPDATE, DELETE ON commission_outcomes TO tributary_app');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP TABLE commission_outcomes, commission_entries, plans;
    DROP FUNCTION refuse_change_of_posted_rows();
  `);
}
