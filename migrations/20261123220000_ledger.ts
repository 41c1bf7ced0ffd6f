/**
 * Why: money that finance can check by itself. A double-entry ledger of every commission, from accrual to payment: each
 * transaction sums to zero per currency, is posted by the database itself in the transaction of what it tells of, and is
 * sealed afterwards into a chain of digests.
 * Objects: ledger_transactions, ledger_postings, ledger_unsealed, ledger_seals; view ledger_contents; functions
 *          ledger_post_entries, ledger_post_approvals, ledger_post_triggers, require_balanced_postings, seal_ledger.
 * The application may only read all of it, and ask for the sealing: nobody but these functions posts.
 */
import type { Knex } from 'knex';

const POSTED = ['ledger_transactions', 'ledger_postings', 'ledger_seals'];

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE ledger_transactions (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind text NOT NULL CHECK (kind IN ('commission', 'approval', 'trigger')),
      entry_id uuid REFERENCES commission_entries (id),
      trigger_id uuid REFERENCES payout_triggers (id),
      posted_at timestamptz NOT NULL,
      CHECK ((kind = 'trigger') = (trigger_id IS NOT NULL)),
      CHECK ((kind = 'trigger') = (entry_id IS NULL)),
      -- An entry accrues once and is approved once, a trigger is triggered once.
      UNIQUE (entry_id, kind),
      UNIQUE (trigger_id, kind)
    );

    -- Positive: what an account holds grows. 'commission' is where all of it comes from: it holds what was accrued, negated.
    CREATE TABLE ledger_postings (
      transaction_id bigint NOT NULL REFERENCES ledger_transactions (id),
      account text NOT NULL CHECK (account IN ('commission', 'accrued', 'payable', 'triggered')),
      partner_id uuid NOT NULL REFERENCES partners (id),
      currency char(3) NOT NULL,
      amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
      -- Of the transaction: a partner's statement of a month is read by it, whatever came before and after.
      posted_at timestamptz NOT NULL,
      PRIMARY KEY (transaction_id, account, partner_id, currency)
    );
    CREATE INDEX ledger_postings_by_partner
      ON ledger_postings (partner_id, account, posted_at, transaction_id) INCLUDE (currency, amount_minor);

    -- What the sealer has to do. Posting never waits for it: the chain is a queue behind the ledger, not a lock before it.
    CREATE TABLE ledger_unsealed (transaction_id bigint PRIMARY KEY);

    CREATE TABLE ledger_seals (
      sequence bigint PRIMARY KEY CHECK (sequence > 0),
      transaction_id bigint NOT NULL UNIQUE REFERENCES ledger_transactions (id),
      -- SHA-256 of the digest before it and the content of the transaction.
      digest bytea NOT NULL CHECK (length(digest) = 32),
      sealed_at timestamptz NOT NULL
    );

    -- What is sealed: the transaction with its postings, and the entry or the trigger it tells of, as text. Columns by name, so
    -- that a column added later changes no seal; jsonb has one way to write itself and instants are numbers, so that the text is
    -- the same in every session.
    CREATE VIEW ledger_contents AS
      SELECT t.id AS transaction_id, jsonb_build_object(
        'transaction', t.id, 'kind', t.kind, 'of', coalesce(t.entry_id, t.trigger_id), 'postedAt', extract(epoch FROM t.posted_at),
        'postings', (SELECT jsonb_agg(jsonb_build_array(p.account, p.partner_id, p.currency, p.amount_minor)
                                      ORDER BY p.account, p.partner_id, p.currency)
                       FROM ledger_postings p WHERE p.transaction_id = t.id),
        'approval', (SELECT jsonb_build_array(a.reason, a.approved_by, extract(epoch FROM a.approved_at))
                       FROM commission_approvals a WHERE t.kind = 'approval' AND a.entry_id = t.entry_id),
        'entry', (SELECT jsonb_build_array(e.id, e.deal_id, e.epoch, e.partner_id, e.line, e.component, e.revision,
                           e.epoch_revision, e.kind, e.amount_minor, e.target_minor, e.currency, e.inputs, e.trace,
                           e.explanation, e.corrects, extract(epoch FROM e.won_at), extract(epoch FROM e.posted_at),
                           pl.id, pl.key, pl.version, pl.digest)
                    FROM commission_entries e JOIN plans pl ON pl.id = e.plan_id WHERE t.kind = 'commission' AND e.id = t.entry_id),
        'trigger', (SELECT jsonb_build_array(g.id, g.deal_id, g.epoch, g.partner_id, g.sequence, g.kind, g.amount_minor,
                             g.currency, g.explanation, extract(epoch FROM g.created_at),
                             (SELECT jsonb_agg(c.entry_id ORDER BY c.entry_id) FROM payout_trigger_entries c
                               WHERE c.trigger_id = g.id))
                      FROM payout_triggers g WHERE g.id = t.trigger_id)
      )::text AS content
      FROM ledger_transactions t;

    CREATE FUNCTION require_balanced_postings() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      unbalanced record;
    BEGIN
      SELECT p.transaction_id, p.currency, sum(p.amount_minor) AS minor INTO unbalanced
        FROM ledger_postings p
       WHERE p.transaction_id IN (SELECT transaction_id FROM posted)
       GROUP BY 1, 2 HAVING sum(p.amount_minor) <> 0 LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % does not sum to zero in %: % minor units are left',
          unbalanced.transaction_id, unbalanced.currency, unbalanced.minor USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER ledger_postings_balance AFTER INSERT ON ledger_postings
      REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION require_balanced_postings();

    CREATE FUNCTION queue_for_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO ledger_unsealed (transaction_id) SELECT id FROM posted;
      RETURN NULL;
    END $$;
    CREATE TRIGGER ledger_transactions_queue AFTER INSERT ON ledger_transactions
      REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION queue_for_sealing();

    -- As the owner: the application has no right to post by itself, and an entry without its posting cannot be.
    CREATE FUNCTION ledger_post_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      WITH made AS (
        INSERT INTO ledger_transactions (kind, entry_id, posted_at)
        SELECT 'commission', id, posted_at FROM posted ORDER BY id RETURNING id, entry_id, posted_at)
      INSERT INTO ledger_postings (transaction_id, account, partner_id, currency, amount_minor, posted_at)
      SELECT made.id, side.account, posted.partner_id, posted.currency, side.sign * posted.amount_minor,
             made.posted_at
        FROM made JOIN posted ON posted.id = made.entry_id
             CROSS JOIN (VALUES ('commission', -1), ('accrued', 1)) AS side (account, sign);
      RETURN NULL;
    END $$;
    CREATE TRIGGER commission_entries_ledger AFTER INSERT ON commission_entries
      REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_post_entries();

    CREATE FUNCTION ledger_post_approvals() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      WITH made AS (
        INSERT INTO ledger_transactions (kind, entry_id, posted_at)
        SELECT 'approval', entry_id, approved_at FROM posted ORDER BY entry_id RETURNING id, entry_id, posted_at)
      INSERT INTO ledger_postings (transaction_id, account, partner_id, currency, amount_minor, posted_at)
      SELECT made.id, side.account, e.partner_id, e.currency, side.sign * e.amount_minor, made.posted_at
        FROM made JOIN commission_entries e ON e.id = made.entry_id
             CROSS JOIN (VALUES ('accrued', -1), ('payable', 1)) AS side (account, sign);
      RETURN NULL;
    END $$;
    CREATE TRIGGER commission_approvals_ledger AFTER INSERT ON commission_approvals
      REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_post_approvals();

    CREATE FUNCTION ledger_post_triggers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      WITH made AS (
        INSERT INTO ledger_transactions (kind, trigger_id, posted_at)
        SELECT 'trigger', id, created_at FROM posted ORDER BY id RETURNING id, trigger_id, posted_at)
      INSERT INTO ledger_postings (transaction_id, account, partner_id, currency, amount_minor, posted_at)
      SELECT made.id, side.account, posted.partner_id, posted.currency, side.sign * posted.amount_minor,
             made.posted_at
        FROM made JOIN posted ON posted.id = made.trigger_id
             CROSS JOIN (VALUES ('payable', -1), ('triggered', 1)) AS side (account, sign);
      RETURN NULL;
    END $$;
    CREATE TRIGGER payout_triggers_ledger AFTER INSERT ON payout_triggers
      REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION ledger_post_triggers();

    -- One at a time, in the order of posting as far as it is known: a transaction that commits late is sealed later. The
    -- order of the chain is the order of sealing.
    CREATE FUNCTION seal_ledger(most integer, at timestamptz) RETURNS integer
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
      head record;
      next record;
      number bigint;
      digest bytea;
      sealed integer := 0;
    BEGIN
      IF NOT pg_try_advisory_xact_lock(hashtext('tributary: the sealer of the ledger')) THEN
        RETURN 0;
      END IF;
      SELECT s.sequence, s.digest INTO head FROM ledger_seals s ORDER BY s.sequence DESC LIMIT 1;
      number := coalesce(head.sequence, 0);
      digest := coalesce(head.digest, ''::bytea);
      FOR next IN
        SELECT c.transaction_id, c.content
          FROM (SELECT transaction_id FROM ledger_unsealed ORDER BY transaction_id LIMIT most) due
               JOIN ledger_contents c USING (transaction_id) ORDER BY c.transaction_id
      LOOP
        number := number + 1;
        digest := sha256(digest || convert_to(next.content, 'UTF8'));
        INSERT INTO ledger_seals (sequence, transaction_id, digest, sealed_at)
        VALUES (number, next.transaction_id, digest, at);
        DELETE FROM ledger_unsealed WHERE transaction_id = next.transaction_id;
        sealed := sealed + 1;
      END LOOP;
      RETURN sealed;
    END $$;
    REVOKE ALL ON FUNCTION seal_ledger(integer, timestamptz) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION seal_ledger(integer, timestamptz) TO tributary_app;
    GRANT SELECT ON ledger_contents, ledger_unsealed TO tributary_app;
  `);
  await postWhatIsThere(knex);
  for (const table of POSTED) {
    await knex.raw(`
      CREATE TRIGGER ${table}_posted BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_posted_rows();
      REVOKE ALL ON ${table} FROM tributary_app;
      GRANT SELECT ON ${table} TO tributary_app;
    `);
  }
}

/** What was posted before there was a ledger. */
async function postWhatIsThere(knex: Knex): Promise<void> {
  await knex.raw(`
    INSERT INTO ledger_transactions (kind, entry_id, posted_at)
    SELECT 'commission', id, posted_at FROM commission_entries ORDER BY id;
    INSERT INTO ledger_transactions (kind, entry_id, posted_at)
    SELECT 'approval', entry_id, approved_at FROM commission_approvals ORDER BY entry_id;
    INSERT INTO ledger_transactions (kind, trigger_id, posted_at)
    SELECT 'trigger', id, created_at FROM payout_triggers ORDER BY id;
    INSERT INTO ledger_postings (transaction_id, account, partner_id, currency, amount_minor, posted_at)
    SELECT t.id, side.account, e.partner_id, e.currency, side.sign * e.amount_minor, t.posted_at
      FROM ledger_transactions t JOIN commission_entries e ON e.id = t.entry_id
           CROSS JOIN (VALUES ('commission', 'commission', -1), ('commission', 'accrued', 1),
                              ('approval', 'accrued', -1), ('approval', 'payable', 1)) AS side (kind, account, sign)
     WHERE side.kind = t.kind;
    INSERT INTO ledger_postings (transaction_id, account, partner_id, currency, amount_minor, posted_at)
    SELECT t.id, side.account, g.partner_id, g.currency, side.sign * g.amount_minor, t.posted_at
      FROM ledger_transactions t JOIN payout_triggers g ON g.id = t.trigger_id
           CROSS JOIN (VALUES ('payable', -1), ('triggered', 1)) AS side (account, sign);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP TRIGGER commission_entries_ledger ON commission_entries;
    DROP TRIGGER commission_approvals_ledger ON commission_approvals;
    DROP TRIGGER payout_triggers_ledger ON payout_triggers;
    DROP VIEW ledger_contents;
    DROP TABLE ledger_seals, ledger_unsealed, ledger_postings, ledger_transactions;
    DROP FUNCTION ledger_post_entries, ledger_post_approvals, ledger_post_triggers, require_balanced_postings, queue_for_sealing, seal_ledger;
  `);
}
