/**
 * Why: the partner side of the product. A deal registration, the partner who made it, and an event per change.
 * Objects: partners, partner_tiers, deals, deal_events.
 * Posted (INSERT and SELECT only for the application's role): deal_events.
 */
import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE partners (
      id uuid PRIMARY KEY,
      key text NOT NULL UNIQUE CHECK (key <> ''),
      name text NOT NULL CHECK (name <> ''),
      email text,
      country text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL
    );

    -- Tiers are history, never overwritten: a commission computed later must find the tier that held on the day.
    CREATE TABLE partner_tiers (
      partner_id uuid NOT NULL REFERENCES partners (id),
      effective_from date NOT NULL,
      tier text NOT NULL CHECK (tier <> ''),
      recorded_at timestamptz NOT NULL,
      PRIMARY KEY (partner_id, effective_from)
    );

    CREATE TABLE deals (
      id uuid PRIMARY KEY,
      source text NOT NULL,
      source_ref text NOT NULL,
      source_version bigint,
      partner_id uuid NOT NULL REFERENCES partners (id),
      name text NOT NULL,
      company_name text NOT NULL,
      company_domain text,
      company_country text,
      contact_first_name text,
      contact_last_name text,
      contact_email text,
      contact_phone text,
      products jsonb NOT NULL DEFAULT '[]',
      amount_minor bigint,
      currency char(3) NOT NULL,
      expected_close_date date,
      status text NOT NULL CHECK (status IN ('submitted', 'approved', 'rejected', 'withdrawn', 'won', 'lost')),
      version integer NOT NULL CHECK (version > 0),
      -- The one connection whose wins earn. Chosen by rule at approval, never changed by a notification.
      crm_of_record text,
      registered_at timestamptz NOT NULL,
      decided_at timestamptz,
      decided_by text,
      decision_reason text,
      protected_until date,
      updated_at timestamptz NOT NULL,
      UNIQUE (source, source_ref)
    );
    CREATE INDEX deals_by_partner ON deals (partner_id, registered_at);
    CREATE INDEX deals_by_status ON deals (status, registered_at, id);

    CREATE TABLE deal_events (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      deal_id uuid NOT NULL REFERENCES deals (id),
      version integer NOT NULL,
      kind text NOT NULL,
      actor text NOT NULL,
      data jsonb NOT NULL,
      occurred_at timestamptz NOT NULL
    );
    CREATE INDEX deal_events_by_deal ON deal_events (deal_id, id);

    GRANT SELECT, INSERT, UPDATE ON partners, partner_tiers, deals TO tributary_app;
    GRANT SELECT, INSERT ON deal_events TO tributary_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE deal_events, deals, partner_tiers, partners');
}
