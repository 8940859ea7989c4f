//! What each webhook is to the domain, file by file.

/// File name, and what is in it. `person` and `us` name the fields that hold the person's number and ours.
pub(crate) const TELECMI: &[(&str, &str)] = &[
    (
        "webhook-cdr-incoming-answered",
        "record inbound whole: person=from us=virtual_number answered=time ended=later answered customer_hung_up talk agent queue recording",
    ),
    (
        "webhook-cdr-incoming-missed-voicemail",
        "record inbound whole: person=from us=virtual_number started=time ended=later missed customer_hung_up wait queue voicemail",
    ),
    (
        "webhook-cdr-incoming-user-missed-leg-b",
        "record inbound agent: person=from us=- started=time missed not_answered agent queue",
    ),
    (
        "webhook-cdr-legacy-incoming-answered",
        "record inbound whole: person=from us=- answered=time ended=later answered talk agent queue recording",
    ),
    (
        "webhook-cdr-legacy-incoming-missed",
        "record inbound whole: person=from us=- started=time ended=later missed wait queue voicemail",
    ),
    (
        "webhook-cdr-legacy-outgoing-answered",
        "record outbound whole: person=to us=- answered=time ended=later answered talk agent recording",
    ),
    ("webhook-cdr-legacy-outgoing-missed", "record outbound whole: person=to us=- started=time missed agent"),
    (
        "webhook-cdr-outgoing-answered",
        "record outbound whole: person=to us=virtual_number answered=time ended=later answered customer_hung_up talk agent",
    ),
    (
        "webhook-cdr-outgoing-missed",
        "record outbound whole: person=to us=virtual_number started=time missed not_answered agent",
    ),
    ("webhook-event-incoming-answered-leg-a", "live inbound customer: person=from us=to answered=time"),
    (
        "webhook-event-incoming-answered-leg-b",
        "live inbound agent: person=from us=- answered=time agent queue",
    ),
    ("webhook-event-incoming-hangup-leg-a", "live inbound customer: person=from us=to ended=time"),
    ("webhook-event-incoming-hangup-leg-b", "live inbound agent: person=from us=- ended=time agent queue"),
    ("webhook-event-incoming-started-leg-b", "live inbound agent: person=from us=- started=time agent queue"),
    ("webhook-event-incoming-waiting-leg-a", "live inbound customer: person=from us=to started=time"),
    ("webhook-event-legacy-incoming-waiting", "live inbound customer: person=from us=to started=time"),
    ("webhook-event-legacy-started-leg-b", "live inbound agent: person=from us=- started=time agent queue"),
    (
        "webhook-event-outgoing-answered-leg-a",
        "live outbound agent: person=to us=callerid answered=time agent",
    ),
    ("webhook-event-outgoing-hangup-leg-a", "live outbound agent: person=to us=callerid ended=time agent"),
    ("webhook-event-outgoing-hangup-leg-b", "live outbound customer: person=to us=callerid ended=time agent"),
    ("webhook-event-outgoing-started-leg-a", "live outbound agent: person=to us=callerid started=time agent"),
    (
        "webhook-event-outgoing-started-leg-b",
        "live outbound customer: person=to us=callerid started=time agent",
    ),
];

/// The same of Piopiy.
pub(crate) const PIOPIY: &[(&str, &str)] = &[
    (
        "webhook-cdr-inbound-answered-leg-a",
        "record inbound first: person=from us=to started=start_time answered=answer_time ended=end_time answered talk",
    ),
    ("webhook-cdr-inbound-missed-india", "record inbound first: person=from us=to started=time missed"),
    (
        "webhook-cdr-inbound-missed-leg-a",
        "record inbound first: person=from us=to started=start_time ended=end_time missed",
    ),
    (
        "webhook-cdr-outbound-answered-leg-a-india",
        "record outbound first: person=to us=callerid started=time answered talk",
    ),
    (
        "webhook-cdr-outbound-missed-leg-a",
        "record outbound first: person=to us=callerid started=start_time ended=end_time missed",
    ),
    ("webhook-event-in-answered-leg-a", "live inbound first: person=from us=to answered=time"),
    ("webhook-event-in-hangup-leg-a", "live inbound first: person=from us=to ended=time"),
    ("webhook-event-out-answered-leg-a", "live outbound first: person=to us=callerid answered=time"),
    ("webhook-event-out-bridged-leg-b", "live outbound second: person=to us=callerid answered=time"),
    ("webhook-event-out-started-india", "live outbound first: person=to us=callerid started=time"),
    ("webhook-event-out-started-leg-a", "live outbound first: person=to us=callerid started=time"),
    ("webhook-event-out-started-leg-b", "live outbound second: person=to us=callerid started=time"),
    ("webhook-event-stream-connected", "account stream_connected"),
    ("webhook-event-stream-disconnected", "account stream_disconnected"),
];
