//! The consent ledger and suppressions.

use super::statements;

macro_rules! consent {
    () => {
        "r.id, r.seq, r.contact_id, \
         (SELECT array_agg(s.subject_key ORDER BY s.place) FROM @consent_subject s \
          WHERE s.org_id = $1 AND s.seq = r.seq), \
         r.channel, r.scope, r.event, r.evidence_kind, r.evidence_note, r.evidence_message, r.recorded_by, \
         r.occurred_at, r.recorded_at, r.expires_at"
    };
}

statements! { CONSENT:
    CONSENT_BY_SEQ: Read [consent, consent_subject] =
        concat!("SELECT ", consent!(), " FROM @consent r WHERE r.org_id = $1 AND r.seq = ANY ($2)");
    CONSENT_AFTER: Read [consent, consent_subject] =
        concat!("SELECT ", consent!(), " FROM @consent r WHERE r.org_id = $1 AND r.seq > $2 ORDER BY r.seq LIMIT $3");
    CONSENT_SEQS_ABOUT: Read [consent_subject] =
        "SELECT s.seq FROM @consent_subject s WHERE s.org_id = $1 AND s.subject_key = ANY ($2) AND s.seq < $3";
    CONSENT_SEQS_OF_EACH: Read [conversation, channel_identity, channel_alias, consent_subject] =
        "SELECT p.id, q.seq FROM unnest($2::UUID[]) p (id)
         CROSS JOIN LATERAL (SELECT CASE WHEN k.joined_into IS NULL THEN k.id ELSE k.joined_into END AS identity_id
           FROM @conversation c CROSS JOIN @channel_identity k
           WHERE c.org_id = $1 AND c.id = p.id AND k.org_id = $1 AND k.id = c.identity_id LIMIT 1) c
         CROSS JOIN LATERAL (SELECT array_agg(a.subject_key) AS keys FROM @channel_alias a
           WHERE a.org_id = $1 AND a.identity_id = c.identity_id) a
         CROSS JOIN LATERAL (SELECT array_agg(s.seq) AS seqs FROM @consent_subject s
           WHERE s.org_id = $1 AND s.subject_key = ANY (a.keys)) s
         CROSS JOIN LATERAL unnest(s.seqs) q (seq)";
    CONSENT_SEQS_OF: Read [consent] =
        "SELECT r.seq FROM @consent r
         WHERE r.org_id = $1 AND r.contact_id = $2 AND r.seq < $3 ORDER BY r.seq DESC LIMIT $4";
    CONSENT_HEAD: Read [consent_subject] =
        "SELECT coalesce(max(s.seq), 0) FROM @consent_subject s WHERE s.org_id = $1 AND s.subject_key = ANY ($2)";
    PUT_CONSENT: Write [consent] =
        "INSERT INTO @consent (org_id, seq, id, contact_id, channel, scope, event, evidence_kind, evidence_note,
                evidence_message, recorded_by, occurred_at, recorded_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    PUT_SUBJECT: Write [consent_subject] =
        "INSERT INTO @consent_subject (org_id, subject_key, seq, place) VALUES [($1, $2, $3, $4)] ON CONFLICT DO NOTHING";
    SUPPRESSIONS: Read [suppression] =
        "SELECT s.hash, s.key_version, s.scope, s.created_at FROM @suppression s
         WHERE s.org_id = $1 AND s.hash = ANY ($2)";
    ANY_SUPPRESSION: Read [suppression] = "SELECT 1 FROM @suppression s WHERE s.org_id = $1 LIMIT 1";
    PUT_SUPPRESSION: Write [suppression] =
        "INSERT INTO @suppression (org_id, hash, scope, key_version, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING";
    RELATIONS: Read [conversation] =
        "SELECT c.last_inbound, c.last_inbound_at FROM @conversation c
         WHERE c.org_id = $1 AND c.contact_id = $2 AND c.last_inbound IS NOT NULL AND c.last_inbound_at IS NOT NULL";
}
