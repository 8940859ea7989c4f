//! Faults that people have reported of such integrations, at the level of one report: what each says, and what it does not.
//! What becomes of several reports is the core's to say.

use dialzio_core::call::{LegResult, LegRole};
use dialzio_core::conversation::Direction;
use serde_json::Value;

use crate::corpus::{all, json};
use crate::describe::text;
use crate::{call, piopiy, telecmi};

/// Our own input and the reported one, by their names.
fn inputs(own: &str, reported: &str) -> Vec<Value> {
    let names = [own, reported];
    all("field", &["field"]).iter().zip(names).map(|(folder, name)| json(folder, name)).collect()
}

fn list(input: &Value) -> &[Value] {
    input.as_array().unwrap()
}

#[test]
fn a_later_record_with_fewer_fields_says_nothing_where_it_is_empty() {
    for input in inputs("later-record-lacks-fields", "F35-later-record-lacks-fields") {
        let [full, bare, missed, strange] = list(&input) else { panic!("four records") };
        let report = call(&*telecmi(), full);
        assert_eq!(report.customer, text(&full["to"]));
        assert_eq!(
            (report.direction, &report.leg.result),
            (Some(Direction::Outbound), &Some(LegResult::Answered))
        );
        assert_eq!(report.leg.talk_seconds.map(u64::from), full["answeredsec"].as_u64());
        assert_eq!(report.recordings.len(), 1);

        let later = call(&*telecmi(), bare);
        assert_eq!(later.aliases, report.aliases);
        assert_eq!((&later.customer, &later.leg.result, &later.leg.agent), (&None, &None, &None));
        assert_eq!((later.leg.started, later.leg.answered, later.leg.ended), (None, None, None));
        assert_eq!((later.leg.talk_seconds, later.recordings.len()), (None, 0));

        let report = call(&*telecmi(), missed);
        assert_eq!(
            (report.direction, report.leg.result),
            (Some(Direction::Inbound), Some(LegResult::Missed))
        );

        let report = call(&*telecmi(), strange);
        let word = strange["status"].as_str().unwrap().to_owned();
        assert_eq!(report.leg.result, Some(LegResult::Other(word)));
        assert_eq!(report.leg.wait_seconds, strange["waitedsec"].as_str().unwrap().parse().ok());
        assert_eq!(report.leg.talk_seconds, None);
    }
}

/// The first leg is said to be inbound and has the agent's number: it is our own call, and speaks of no customer.
#[test]
fn in_a_call_that_we_placed_the_agents_leg_names_no_customer() {
    for input in inputs("agent-is-rung-first", "F36-click-to-call-rings-the-agent-first") {
        let [first, second] = list(&input) else { panic!("two legs") };
        let (agent, person) = (call(&*piopiy(), first), call(&*piopiy(), second));
        assert_eq!(
            (agent.direction, person.direction),
            (Some(Direction::Outbound), Some(Direction::Outbound))
        );
        assert_eq!((agent.leg.role, person.leg.role), (Some(LegRole::First), Some(LegRole::Second)));
        assert_eq!((&agent.customer, &person.customer), (&None, &text(&second["to"])));
        assert_eq!(agent.aliases[0], person.aliases[0], "both are legs of one call");
        assert_ne!(agent.leg.id, person.leg.id);
        assert_eq!(person.leg.talk_seconds.map(u64::from), second["duration"].as_u64());
        assert_eq!(
            (&agent.leg.agent, &person.leg.agent),
            (&text(&first["to"]), &None),
            "agents are known by numbers"
        );
        assert_eq!(agent.our_number, text(&first["callerid"]));
        let given = first["extra_params"].as_str().unwrap();
        let id = serde_json::from_str::<Value>(given).unwrap()["dialzio_call"].as_str().unwrap().parse().ok();
        assert_eq!((agent.own, person.own), (id, id));
    }
}

#[test]
fn a_hidden_number_is_passed_on_as_it_is_written_and_an_empty_one_as_empty() {
    for input in inputs("hidden-callers", "F37-hidden-callers") {
        let all = list(&input);
        assert_eq!(all.len(), 11);
        for payload in all {
            let report = call(&*telecmi(), payload);
            let written = text(&payload["from"]).unwrap_or_default();
            assert_eq!(report.customer, Some(written), "{payload}");
            assert_eq!(report.our_number, text(&payload["virtual_number"]));
            assert_eq!(report.leg.result, Some(LegResult::Missed));
            assert!(dialzio_core::call::Party::read(&report.customer.unwrap(), None).phone().is_none());
        }
    }
}

#[test]
fn a_call_from_a_number_of_many_people_is_one_report() {
    for input in inputs("one-number-many-people", "F39-one-number-many-people") {
        let payload = &input["post"];
        let report = call(&*telecmi(), payload);
        assert_eq!(report.customer, text(&payload["from"]));
        assert_eq!(report.leg.role, Some(LegRole::Whole));
        assert_eq!(report.leg.talk_seconds.map(u64::from), payload["answeredsec"].as_u64());
        assert_eq!(report.leg.agent.as_deref(), payload["user"].as_str());
    }
}
