//! Call flows.

use super::statements;

macro_rules! call_flow {
    () => {
        "SELECT f.id, f.account_id, f.name, f.number, f.enabled, f.definition, f.revision FROM @call_flow f WHERE f.org_id = $1"
    };
}

statements! { CALL_FLOWS_ALL:
    CALL_FLOW: Read [call_flow] = concat!(call_flow!(), " AND f.id = $2");
    CALL_FLOWS: Read [call_flow] = concat!(call_flow!(), " ORDER BY f.id");
    CALL_FLOW_ENABLED: Read [call_flow] =
        "SELECT f.id FROM @call_flow f WHERE f.org_id = $1 AND f.account_id = $2 AND f.number = $3 AND f.enabled";
    PUT_CALL_FLOW: Write [call_flow] =
        "INSERT INTO @call_flow (org_id, id, account_id, name, number, enabled, definition, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (org_id, id) DO UPDATE SET account_id = excluded.account_id, name = excluded.name,
                number = excluded.number, enabled = excluded.enabled, definition = excluded.definition,
                revision = excluded.revision";
    DROP_CALL_FLOW: Write [call_flow] = "DELETE FROM @call_flow WHERE org_id = $1 AND id = $2";
}
