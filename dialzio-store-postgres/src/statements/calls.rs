//! Calls, the ids by which providers name them, and agents.

use super::statements;

macro_rules! call {
    () => {
        "c.id, c.account_id, c.direction, c.state, c.confirmed, c.member_id, c.disposition_id, c.contact_id, c.started_at, \
         c.answered_at, c.ended_at, c.talk_seconds, c.wait_seconds, c.customer, c.withheld, c.our_number, c.identity_id, c.agent, \
         c.placed_by, c.placed, c.purpose, c.cause, c.word, c.recording_consent, c.handled_at, c.task_id, c.revision, \
         c.created_at, c.failure_code, c.failure_detail, c.note, c.evidence"
    };
}

macro_rules! agent {
    () => {
        "g.account_id, g.id, g.name, g.phone, g.member_id"
    };
}

// A page of the log, by the index that serves one of the choices; the others are looked at in each row.
macro_rules! log {
    ($lead:expr) => {
        concat!(
            "SELECT ",
            call!(),
            " FROM @call c WHERE c.org_id = $1",
            $lead,
            " AND c.id >= $2 AND c.id < $3
              AND CASE WHEN $5::UUID IS NULL THEN TRUE ELSE c.account_id = $5 END
              AND CASE WHEN $6::UUID IS NULL THEN TRUE ELSE c.member_id = $6 END
              AND CASE WHEN $7::UUID IS NULL THEN TRUE ELSE c.contact_id = $7 END
              AND CASE WHEN $8::TEXT IS NULL THEN TRUE ELSE c.customer_key = $8 END
              AND CASE WHEN $9::TEXT IS NULL THEN TRUE ELSE c.state = $9 END
              AND CASE WHEN $10::UUID IS NULL THEN TRUE ELSE c.disposition_id = $10 END
              AND CASE WHEN $11::TEXT IS NULL THEN TRUE ELSE c.duration_class = $11 END
              AND CASE WHEN $12::TEXT IS NULL THEN TRUE ELSE c.direction = $12 END
              AND CASE WHEN $13::BOOLEAN THEN c.state IN ('missed', 'voicemail') ELSE TRUE END
              AND CASE WHEN $14::BOOLEAN THEN c.handled_at IS NULL ELSE TRUE END
             ORDER BY c.id DESC LIMIT $4"
        )
    };
}

// An answer counts if it is later than the start, in whole seconds: see `Call::answer_seconds`.
macro_rules! tallies {
    ($whose:expr) => {
        concat!(
            "SELECT c.began_hour, c.member_id, c.direction, c.state, c.disposition_id, count(*),
                    coalesce(sum(c.talk_seconds), 0)::BIGINT,
                    count(*) FILTER (WHERE c.state = 'completed' AND (c.answered_at - c.started_at) / 1000000 >= 0),
                    coalesce(sum((c.answered_at - c.started_at) / 1000000)
                      FILTER (WHERE c.state = 'completed' AND (c.answered_at - c.started_at) / 1000000 >= 0), 0)::BIGINT
             FROM @call c WHERE c.org_id = $1",
            $whose,
            " AND c.id >= $2 AND c.id < $3
             GROUP BY c.began_hour, c.member_id, c.direction, c.state, c.disposition_id"
        )
    };
}

statements! { CALLS_ALL:
    CALL: Read [call] = concat!("SELECT ", call!(), " FROM @call c WHERE c.org_id = $1 AND c.id = $2");
    CALL_REVISION: Read [call] = "SELECT c.revision FROM @call c WHERE c.org_id = $1 AND c.id = $2";
    CALLS: Read [call] = log!("");
    CALLS_OF_CONTACT: Read [call] = log!(" AND c.contact_id = $7");
    CALLS_OF_CUSTOMER: Read [call] = log!(" AND c.customer_key = $8");
    CALLS_WAITING: Read [call] = log!(" AND c.state IN ('missed', 'voicemail') AND c.handled_at IS NULL");
    CALLS_MISSED: Read [call] = log!(" AND c.state IN ('missed', 'voicemail')");
    CALLS_OF_DISPOSITION: Read [call] = log!(" AND c.disposition_id = $10");
    CALLS_OF_MEMBER: Read [call] = log!(" AND c.member_id = $6");
    CALLS_IN_STATE: Read [call] = log!(" AND c.state = $9");
    CALLS_OF_DURATION: Read [call] = log!(" AND c.duration_class = $11");
    CALLS_OF_ACCOUNT: Read [call] = log!(" AND c.account_id = $5");
    CALLS_OF_DIRECTION: Read [call] = log!(" AND c.direction = $12");
    CALLS_TO_RETURN: Read [call] =
        "SELECT 1 FROM @call c
         WHERE c.org_id = $1 AND c.state IN ('missed', 'voicemail') AND c.handled_at IS NULL LIMIT $2";
    CALL_TALLIES: Read [call] = tallies!("");
    CALL_TALLIES_OF_MEMBER: Read [call] = tallies!(" AND c.member_id = $4");
    PUT_CALL: Write [call] =
        "INSERT INTO @call (org_id, id, account_id, direction, state, confirmed, member_id, disposition_id, contact_id,
                began_hour, started_at, answered_at, ended_at, talk_seconds, wait_seconds, duration_class, customer,
                customer_key, withheld, our_number, identity_id, agent, placed_by, placed, purpose, cause, word, recording_consent,
                handled_at, task_id, revision, created_at, failure_code, failure_detail, note, evidence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36)
         ON CONFLICT (org_id, id) DO UPDATE SET account_id = excluded.account_id, direction = excluded.direction,
                state = excluded.state, confirmed = excluded.confirmed, member_id = excluded.member_id,
                disposition_id = excluded.disposition_id, contact_id = excluded.contact_id,
                started_at = excluded.started_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
                talk_seconds = excluded.talk_seconds, wait_seconds = excluded.wait_seconds,
                duration_class = excluded.duration_class, customer = excluded.customer,
                customer_key = excluded.customer_key, withheld = excluded.withheld, our_number = excluded.our_number,
                identity_id = excluded.identity_id,
                agent = excluded.agent, placed_by = excluded.placed_by, placed = excluded.placed,
                purpose = excluded.purpose, cause = excluded.cause, word = excluded.word,
                recording_consent = excluded.recording_consent, handled_at = excluded.handled_at,
                task_id = excluded.task_id, revision = excluded.revision, created_at = excluded.created_at,
                failure_code = excluded.failure_code, failure_detail = excluded.failure_detail, note = excluded.note,
                evidence = excluded.evidence";
    DROP_CALL: Write [call] = "DELETE FROM @call WHERE org_id = $1 AND id = $2";

    CALL_ALIASES: Read [call_alias] =
        "SELECT a.alias FROM @call_alias a WHERE a.org_id = $1 AND a.call_id = $2 ORDER BY a.alias";
    CALL_OF_ALIAS: Read [call_alias] =
        "SELECT a.call_id FROM @call_alias a WHERE a.org_id = $1 AND a.account_id = $2 AND a.alias = $3";
    PUT_CALL_ALIAS: Write [call_alias] =
        "INSERT INTO @call_alias (org_id, account_id, alias, call_id) VALUES ($1, $2, $3, $4)";
    MOVE_CALL_ALIASES: Write [call_alias] =
        "UPDATE @call_alias SET call_id = $3 WHERE org_id = $1 AND call_id = $2";
    MOVE_CALL_MEDIA: Write [media] =
        "UPDATE @media SET owner_id = $3 WHERE org_id = $1 AND owner_kind = 'call' AND owner_id = $2";

    // What is asked before reports are decided on. Each value is looked up by itself.
    CALLS_HOLDING: Read [call_alias, call] =
        concat!("SELECT a.alias, ", call!(), " FROM unnest($3::TEXT[]) n (alias) \
                 CROSS JOIN LATERAL (SELECT a.alias, a.call_id FROM @call_alias a \
                   WHERE a.org_id = $1 AND a.account_id = $2 AND a.alias = n.alias OFFSET 0) a \
                 CROSS JOIN LATERAL (SELECT c.* FROM @call c WHERE c.org_id = $1 AND c.id = a.call_id OFFSET 0) c");
    CALLS_OWN: Read [call] =
        concat!("SELECT ", call!(), " FROM unnest($3::UUID[]) n (id) \
                 CROSS JOIN LATERAL (SELECT c.* FROM @call c WHERE c.org_id = $1 AND c.id = n.id LIMIT 1) c \
                 WHERE c.account_id = $2");
    CALLS_TO_RETURN_TO: Read [call] =
        concat!("SELECT ", call!(), " FROM unnest($2::TEXT[]) n (key) \
                 CROSS JOIN LATERAL (SELECT c.* FROM @call c \
                   WHERE c.org_id = $1 AND c.customer_key = n.key AND c.state IN ('missed', 'voicemail') \
                     AND c.handled_at IS NULL ORDER BY c.id DESC LIMIT $3) c");
    CALLERS: Read [contact_detail, channel_alias, channel_identity] =
        "SELECT n.key, d.contact_id FROM unnest($2::TEXT[]) n (key)
         CROSS JOIN LATERAL (SELECT DISTINCT d.contact_id FROM @contact_detail d
           WHERE d.org_id = $1 AND d.subject_key = n.key ORDER BY d.contact_id LIMIT $3) d
         UNION ALL
         SELECT n.key, i.contact_id FROM unnest($2::TEXT[]) n (key)
         CROSS JOIN LATERAL (SELECT a.identity_id FROM @channel_alias a
           WHERE a.org_id = $1 AND a.subject_key = n.key OFFSET 0) a
         CROSS JOIN LATERAL (SELECT i.contact_id FROM @channel_identity i
           WHERE i.org_id = $1 AND i.id = a.identity_id OFFSET 0) i";
    AGENTS_KNOWN: Read [call_agent] =
        concat!("SELECT ", agent!(), " FROM unnest($3::TEXT[]) n (id) \
                 CROSS JOIN LATERAL (SELECT g.* FROM @call_agent g \
                   WHERE g.org_id = $1 AND g.account_id = $2 AND g.id = n.id OFFSET 0) g
                 UNION ALL
                 SELECT ", agent!(), " FROM unnest($4::TEXT[]) n (key) \
                 CROSS JOIN LATERAL (SELECT g.* FROM @call_agent g \
                   WHERE g.org_id = $1 AND g.account_id = $2 AND g.phone_key = n.key OFFSET 0) g");

    AGENTS: Read [call_agent] =
        concat!("SELECT ", agent!(), " FROM @call_agent g WHERE g.org_id = $1 AND g.account_id = $2 ORDER BY g.id");
    PUT_AGENT: Write [call_agent] =
        "INSERT INTO @call_agent (org_id, account_id, id, name, phone, phone_key, member_id)
         VALUES [($1, $2, $3, $4, $5, $6, $7)]";
    DROP_AGENTS: Write [call_agent] = "DELETE FROM @call_agent WHERE org_id = $1 AND account_id = $2";
    MAP_AGENT: Write [call_agent] =
        "UPDATE @call_agent SET member_id = $4 WHERE org_id = $1 AND account_id = $2 AND id = $3";
}
