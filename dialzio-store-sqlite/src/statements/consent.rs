//! The consent ledger and suppressions.

use super::statements;

macro_rules! consent {
    () => {
        "r.id, r.seq, r.contact_id, \
         (SELECT json_group_array(json_array(s.place, s.subject_key)) FROM consent_subject s \
          WHERE s.org_id = ?1 AND s.seq = r.seq), \
         r.channel, r.scope, r.event, r.evidence_kind, r.evidence_note, r.evidence_message, r.recorded_by, \
         r.occurred_at, r.recorded_at, r.expires_at"
    };
}

statements! { CONSENT:
    CONSENT_BY_SEQ: Read [consent, consent_subject] =
        concat!("SELECT ", consent!(), " FROM json_each(?2) j CROSS JOIN consent r \
                 WHERE r.org_id = ?1 AND r.seq = j.value");
    CONSENT_AFTER: Read [consent, consent_subject] =
        concat!("SELECT ", consent!(), " FROM consent r WHERE r.org_id = ?1 AND r.seq > ?2 ORDER BY r.seq LIMIT ?3");
    CONSENT_SEQS_ABOUT: Read [consent_subject] =
        "SELECT s.seq FROM json_each(?2) j CROSS JOIN consent_subject s
         WHERE s.org_id = ?1 AND s.subject_key = j.value AND s.seq < ?3";
    CONSENT_SEQS_OF_KEY: Read [consent_subject] =
        "SELECT s.seq FROM consent_subject s WHERE s.org_id = ?1 AND s.subject_key = ?2";
    CONSENT_SEQS_OF_EACH: Read [conversation, channel_identity, channel_alias, consent_subject] =
        "SELECT c.id, s.seq FROM json_each(?2) j CROSS JOIN conversation c CROSS JOIN channel_identity k
           CROSS JOIN channel_alias a CROSS JOIN consent_subject s
         WHERE c.org_id = ?1 AND c.id = unhex(j.value) AND k.org_id = ?1 AND k.id = c.identity_id
           AND a.org_id = ?1 AND a.identity_id = coalesce(k.joined_into, k.id) AND s.org_id = ?1 AND s.subject_key = a.subject_key";
    CONSENT_SEQS_OF: Read [consent] =
        "SELECT r.seq FROM consent r
         WHERE r.org_id = ?1 AND r.contact_id = ?2 AND r.seq < ?3 ORDER BY r.seq DESC LIMIT ?4";
    CONSENT_HEAD: Read [consent_subject] =
        "SELECT coalesce(max(s.seq), 0) FROM json_each(?2) j CROSS JOIN consent_subject s
         WHERE s.org_id = ?1 AND s.subject_key = j.value";
    PUT_CONSENT: Write [consent] =
        "INSERT INTO consent (org_id, seq, id, contact_id, channel, scope, event, evidence_kind, evidence_note,
                evidence_message, recorded_by, occurred_at, recorded_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    PUT_SUBJECT: Write [consent_subject] =
        "INSERT INTO consent_subject (org_id, subject_key, seq, place) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    SUPPRESSIONS: Read [suppression] =
        "SELECT s.hash, s.key_version, s.scope, s.created_at FROM json_each(?2) j CROSS JOIN suppression s
         WHERE s.org_id = ?1 AND s.hash = unhex(j.value)";
    ANY_SUPPRESSION: Read [suppression] = "SELECT 1 FROM suppression s WHERE s.org_id = ?1 LIMIT 1";
    PUT_SUPPRESSION: Write [suppression] =
        "INSERT INTO suppression (org_id, hash, scope, key_version, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING";
    RELATIONS: Read [conversation] =
        "SELECT c.last_inbound, c.last_inbound_at FROM conversation c
         WHERE c.org_id = ?1 AND c.contact_id = ?2 AND c.last_inbound IS NOT NULL AND c.last_inbound_at IS NOT NULL";
}
