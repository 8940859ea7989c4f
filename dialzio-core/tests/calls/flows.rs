//! Call flows: what is saved, what a provider is answered, and the call that it becomes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dialzio_core::call::{CallState, LegResult, LegRole, RecordingKind};
use dialzio_core::call_flow::{
    AfterClosed, AnsweredNumber, CallFlow, CallFlowDefinition, CallFlowPatch, CallFlowProblem, CallStep,
    FlowStep, Greeting, NewCallFlow, RingStep, RingStrategy, RingTarget, Voicemail,
};
use dialzio_core::intake::AnsweredCall;
use dialzio_core::memory::MemoryStore;
use dialzio_core::provider::{CallReport, CallReportKind, HookReply, RawWebhook, TelephonyCapabilities};
use dialzio_core::provider::{ListedAgent, WebhookMethod};
use dialzio_core::store::StoreLayer;
use dialzio_core::testing::{Calls, Fault, Faulty, ScriptedCalls, service};
use dialzio_core::{
    AccountProblem, Clock, Error, HookId, MemberId, PhoneNumber, RecordKind, Role, StoreError, StoreResult,
    TypedId,
};

use super::placing::member;
use super::{APP_ID, CUSTOMER, Desk, OUR_NUMBER, alias, at, desk, desk_over, desk_with, live};

/// The answer that stands in for every other.
const FIXED: &str = "say We cannot take your call at the moment. Please call again later.\nhang up";

/// The program of an answer, a line for each step.
fn lines(answered: AnsweredCall) -> String {
    let steps: Vec<String> = serde_json::from_str(&answered.program.unwrap().body).unwrap();
    steps.join("\n")
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// A greeting, and one telephone for twenty seconds.
fn simple() -> CallFlowDefinition {
    CallFlowDefinition {
        greeting: Some(Greeting::Say("Welcome.".parse().unwrap())),
        hours: None,
        ring: Some(RingStep {
            targets: vec![RingTarget::Number(number("+919840055590"))],
            strategy: RingStrategy::InOrder,
            seconds: 20,
        }),
        fallback: None,
        voicemail: Some(Voicemail { prompt: "Please leave a message.".parse().unwrap() }),
        closed: Default::default(),
    }
}

fn with_targets(targets: Vec<RingTarget>) -> CallFlowDefinition {
    let mut definition = simple();
    definition.ring.as_mut().unwrap().targets = targets;
    definition
}

fn new(desk: &Desk, definition: CallFlowDefinition) -> NewCallFlow {
    NewCallFlow {
        account: desk.account,
        name: "Desk".parse().unwrap(),
        number: AnsweredNumber::All,
        enabled: true,
        definition,
    }
}

async fn added(desk: &Desk) -> CallFlow {
    desk.crm.call_flows().add(&desk.owner, new(desk, simple())).await.unwrap()
}

impl Desk {
    /// The provider asks, and gets its answer before the call is reported.
    async fn asks(&self, raw: RawWebhook) -> String {
        let mut answered = self.crm.intake().answer(self.app.hook, raw).await;
        assert_eq!(answered.status, 200);
        if let Some(report) = answered.report.take() {
            assert_eq!(self.crm.intake().accept(report).await, HookReply::OK);
        }
        lines(answered)
    }

    async fn rings(&self, call: &str) -> String {
        self.asks(self.phone.question(None, call, CUSTOMER, OUR_NUMBER)).await
    }
}

#[tokio::test]
async fn a_provider_that_asks_gets_the_flow_and_the_caller_is_a_call_that_rings() {
    let desk = desk().await;
    assert_eq!(desk.rings("leg.1").await, FIXED, "no flow answers yet");
    let flow = added(&desk).await;
    let asha = desk.contact("Asha", "+919840055501").await;
    let answer = desk.rings("leg.2").await;
    assert_eq!(
        answer,
        "say Welcome.\ndial +919840055590 in order 20 s\nsay Please leave a message.\nrecord 180 s\nhang up"
    );
    let call = desk.calls().await.remove(0);
    assert_eq!((call.state, call.contact), (CallState::Ringing, Some(asha.id)));
    assert_eq!(call.our_number.as_deref(), Some(OUR_NUMBER));
    assert!(!call.confirmed, "it came without a signature");

    // The same question again, and the live events of the call, are of the same row.
    desk.rings("leg.2").await;
    let mut rung = live("leg.2", "leg.3", LegRole::Second);
    rung.leg.started = Some(at(600));
    desk.arrives(vec![rung]).await;
    assert_eq!(desk.calls().await.len(), 2, "one for each caller");

    let off = CallFlowPatch { enabled: Some(false), ..CallFlowPatch::default() };
    desk.crm.call_flows().change(&desk.owner, flow.id, None, off).await.unwrap();
    assert_eq!(desk.rings("leg.4").await, FIXED, "what was switched off answers nothing from here on");
}

#[tokio::test]
async fn the_flow_of_a_number_goes_before_the_one_for_all() {
    let desk = desk().await;
    added(&desk).await;
    let greeting = Some(Greeting::Say("Night desk.".parse().unwrap()));
    let night = NewCallFlow {
        number: AnsweredNumber::One(number("+914471000778")),
        ..new(&desk, CallFlowDefinition { greeting, ..simple() })
    };
    desk.crm.call_flows().add(&desk.owner, night).await.unwrap();
    let asked = |to: &str| desk.phone.question(Some(APP_ID), "leg.1", CUSTOMER, to);
    assert!(desk.asks(asked("914400000777")).await.starts_with("say Welcome."));
    // As the provider writes it in national form too.
    for to in ["914471000778", "4471000778", "+91 44 7100 0778"] {
        assert!(desk.asks(asked(to)).await.starts_with("say Night desk."), "{to}");
    }
    let elsewhere = desk.phone.question(Some("1"), "leg.9", CUSTOMER, OUR_NUMBER);
    let answered = desk.crm.intake().answer(desk.app.hook, elsewhere).await;
    assert_eq!(lines(answered), FIXED, "another account's number is none of ours");
}

#[tokio::test]
async fn the_caller_is_never_rung_and_one_who_hides_the_number_is_answered() {
    let desk = desk().await;
    added(&desk).await;
    let own = desk.phone.question(None, "leg.1", "919840055590", OUR_NUMBER);
    assert!(!desk.asks(own).await.contains("dial"), "the telephone that rings is the caller's own");
    let hidden = desk.phone.question(None, "leg.2", "anonymous", OUR_NUMBER);
    assert!(desk.asks(hidden).await.contains("dial +919840055590"));
    assert!(desk.calls().await[0].withheld);
}

#[tokio::test]
async fn a_flow_that_cannot_work_is_refused_with_its_field() {
    let desk = desk().await;
    let flows = desk.crm.call_flows();
    let unknown: MemberId = TypedId::from_uuid(uuid::Uuid::from_u128(5));
    let member = member(&desk).await.member().unwrap();
    let of_number = |text: &str| with_targets(vec![RingTarget::Number(number(text))]);
    let mut slow = simple();
    slow.ring.as_mut().unwrap().seconds = 61;
    let closed = |then| {
        let hours = serde_json::json!({
            "zone": "Asia/Kolkata", "open": [{"day": "mon", "from": "09:00", "until": "18:00"}],
        });
        let mut definition = CallFlowDefinition { voicemail: None, ..simple() };
        definition.hours = Some(serde_json::from_value(hours).unwrap());
        definition.closed.then = then;
        definition
    };
    let mut week = closed(AfterClosed::HangUp);
    week.hours.as_mut().unwrap().open.clear();
    let nothing = CallFlowDefinition { ring: None, voicemail: None, ..simple() };
    let fallback = |text: &str| CallFlowDefinition { fallback: Some(number(text)), ..simple() };
    let twice = RingTarget::Number(number("+919840055590"));
    for (definition, field, problem) in [
        (nothing, "ring", CallFlowProblem::LeadsNowhere),
        (with_targets(Vec::new()), "ring", CallFlowProblem::NobodyToRing),
        (with_targets(vec![RingTarget::Member(member)]), "ring", CallFlowProblem::NobodyReachable),
        (with_targets(vec![twice.clone(), twice]), "ring", CallFlowProblem::TargetTwice),
        (of_number("+449098790000"), "ring", CallFlowProblem::PremiumTarget),
        (slow, "seconds", CallFlowProblem::RingSeconds),
        (fallback("+449098790000"), "fallback", CallFlowProblem::PremiumFallback),
        (week, "hours", CallFlowProblem::ClosedWeek),
        (closed(AfterClosed::Voicemail), "closed", CallFlowProblem::ClosedWithoutVoicemail),
        (closed(AfterClosed::Fallback), "closed", CallFlowProblem::ClosedWithoutFallback),
    ] {
        let found = flows.check(&desk.owner, desk.account, &AnsweredNumber::All, &definition).await.unwrap();
        assert_eq!(found, [problem]);
        let refused = flows.add(&desk.owner, new(&desk, definition)).await.unwrap_err();
        let Error::Invalid { field: named, problem: told } = &refused else { panic!("{refused:?}") };
        assert_eq!((*named, told), (field, &problem.to_string()));
    }
    let stranger =
        with_targets(vec![RingTarget::Member(unknown), RingTarget::Number(number("+919840055501"))]);
    let found = flows.check(&desk.owner, desk.account, &AnsweredNumber::All, &stranger).await.unwrap();
    assert_eq!(found, [CallFlowProblem::UnknownMember]);
    let circle = AnsweredNumber::One(number("+919840055590"));
    let found = flows.check(&desk.owner, desk.account, &circle, &simple()).await.unwrap();
    assert_eq!(found, [CallFlowProblem::OwnTarget]);
    for emergency in ["+91112", "+91100"] {
        let Ok(emergency) = PhoneNumber::from_digits(emergency.trim_start_matches('+')) else { panic!() };
        let definition = with_targets(vec![RingTarget::Number(emergency.clone())]);
        let found = flows.check(&desk.owner, desk.account, &AnsweredNumber::All, &definition).await.unwrap();
        assert_eq!(found, [CallFlowProblem::EmergencyTarget]);
        let definition = CallFlowDefinition { fallback: Some(emergency), ..simple() };
        let found = flows.check(&desk.owner, desk.account, &AnsweredNumber::All, &definition).await.unwrap();
        assert_eq!(found, [CallFlowProblem::EmergencyFallback]);
    }
    assert_eq!(flows.all(&desk.owner).await.unwrap(), [], "nothing was saved");
}

#[tokio::test]
async fn a_member_is_rung_at_the_telephone_that_is_theirs() {
    let desk = desk().await;
    let person = member(&desk).await.member().unwrap();
    let listed = ListedAgent { id: "101".into(), name: None, phone: Some("919840055591".into()) };
    desk.phone.employs(vec![listed]);
    desk.crm.calls().list_agents(&desk.owner, desk.account).await.unwrap();
    let definition =
        with_targets(vec![RingTarget::Member(person), RingTarget::Number(number("+919840055590"))]);
    let alone = new(&desk, with_targets(vec![RingTarget::Member(person)]));
    let refused = desk.crm.call_flows().add(&desk.owner, alone).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "ring", .. })), "the telephone is nobody's yet");
    desk.crm.calls().map_agent(&desk.owner, desk.account, "101", Some(person)).await.unwrap();
    let flow = desk.crm.call_flows().add(&desk.owner, new(&desk, definition)).await.unwrap();
    let members = desk.crm.call_flows().member_telephones(&desk.owner, desk.account).await.unwrap();
    let of_person = members.iter().find(|one| one.member == person).unwrap();
    assert_eq!(of_person.number, Some(number("+919840055591")));
    assert!(desk.rings("leg.1").await.contains("dial +919840055591 +919840055590 in order"));
    // Who lost the telephone is passed over from the next call on, in this process.
    desk.crm.calls().map_agent(&desk.owner, desk.account, "101", None).await.unwrap();
    assert!(desk.rings("leg.2").await.contains("dial +919840055590 in order"));
    let preview = desk.crm.call_flows().preview(&desk.owner, flow.id, None, None).await.unwrap();
    assert!(preview.open && preview.at == desk.now());
    let rung = preview.program.steps().iter().filter(|step| matches!(step, CallStep::Dial(_))).count();
    assert_eq!(rung, 1);
}

#[tokio::test]
async fn two_flows_do_not_answer_for_one_number_and_old_ones_are_not_overwritten() {
    let desk = desk().await;
    let flows = desk.crm.call_flows();
    let kept = added(&desk).await;
    let again = flows.add(&desk.owner, new(&desk, simple())).await;
    assert!(matches!(again, Err(Error::Duplicate { kind: RecordKind::CallFlow })), "{again:?}");
    let off = NewCallFlow { enabled: false, ..new(&desk, simple()) };
    let other = flows.add(&desk.owner, off).await.unwrap();
    let on = CallFlowPatch { enabled: Some(true), ..CallFlowPatch::default() };
    let second = flows.change(&desk.owner, other.id, None, on.clone()).await;
    assert!(matches!(second, Err(Error::Duplicate { .. })), "{second:?}");
    let renamed = CallFlowPatch { name: "Shop".parse().ok(), ..CallFlowPatch::default() };
    let changed = flows.change(&desk.owner, kept.id, Some(kept.revision), renamed.clone()).await.unwrap();
    let stale = flows.change(&desk.owner, kept.id, Some(kept.revision), renamed).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    assert!(flows.delete(&desk.owner, kept.id, Some(kept.revision)).await.is_err());
    flows.delete(&desk.owner, kept.id, Some(changed.revision)).await.unwrap();
    flows.change(&desk.owner, other.id, None, on).await.unwrap();
    let gone = flows.get(&desk.owner, kept.id).await;
    assert!(matches!(gone, Err(Error::NotFound { kind: RecordKind::CallFlow })), "{gone:?}");
}

#[tokio::test]
async fn those_who_see_accounts_read_flows_and_those_who_keep_the_settings_change_them() {
    let desk = desk().await;
    let flow = added(&desk).await;
    let flows = desk.crm.call_flows();
    let act = async |role: Role| {
        desk.crm.access().act_as(desk.owner.org(), service("other"), role.grant()).await.unwrap()
    };
    let (viewer, admin) = (act(Role::Viewer).await, act(Role::Admin).await);
    let manager = act(Role::Manager).await;
    assert_eq!(flows.all(&viewer).await.unwrap(), std::slice::from_ref(&flow));
    flows.preview(&viewer, flow.id, None, None).await.unwrap();
    let patch = || CallFlowPatch { enabled: Some(false), ..CallFlowPatch::default() };
    assert!(matches!(flows.change(&manager, flow.id, None, patch()).await, Err(Error::Denied { .. })));
    assert!(matches!(flows.add(&manager, new(&desk, simple())).await, Err(Error::Denied { .. })));
    assert!(matches!(flows.delete(&manager, flow.id, None).await, Err(Error::Denied { .. })));
    flows.change(&admin, flow.id, None, patch()).await.unwrap();
}

#[tokio::test]
async fn a_provider_that_does_not_ask_has_no_flows() {
    let deaf = TelephonyCapabilities {
        flow_steps: Vec::new(),
        ..dialzio_core::provider::TelephonyProvider::capabilities(&ScriptedCalls::new()).clone()
    };
    let desk = desk_with(ScriptedCalls::with(deaf)).await;
    let refused = desk.crm.call_flows().add(&desk.owner, new(&desk, simple())).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "account", .. })), "{refused:?}");
    assert_eq!(desk.crm.call_flows().accounts(&desk.owner).await.unwrap(), []);
    let asked = desk.phone.question(None, "leg.1", CUSTOMER, OUR_NUMBER);
    assert_eq!(desk.crm.intake().answer(desk.app.hook, asked).await.status, 404);
    assert_eq!(Error::Account(AccountProblem::Unsupported).code(), "account.unsupported");
}

#[tokio::test]
async fn a_flow_has_no_step_that_its_provider_cannot_do() {
    let plain = TelephonyCapabilities {
        flow_steps: vec![FlowStep::RingMembers],
        ..dialzio_core::provider::TelephonyProvider::capabilities(&ScriptedCalls::new()).clone()
    };
    let desk = desk_with(ScriptedCalls::with(plain)).await;
    let flows = desk.crm.call_flows();
    let asha = member(&desk).await.member().unwrap();
    let listed = ListedAgent { id: "101".into(), name: None, phone: Some("919840055591".into()) };
    desk.phone.employs(vec![listed]);
    desk.crm.calls().list_agents(&desk.owner, desk.account).await.unwrap();
    desk.crm.calls().map_agent(&desk.owner, desk.account, "101", Some(asha)).await.unwrap();
    let hours = serde_json::json!({"zone": "Asia/Kolkata", "open": [{"day": "mon", "from": "09:00", "until": "18:00"}]});
    let bare = CallFlowDefinition {
        greeting: None,
        voicemail: None,
        hours: Some(serde_json::from_value(hours).unwrap()),
        ring: Some(RingStep { targets: vec![RingTarget::Member(asha)], ..simple().ring.unwrap() }),
        ..simple()
    };
    let with = |change: &dyn Fn(&mut CallFlowDefinition)| {
        let mut definition = bare.clone();
        change(&mut definition);
        definition
    };
    let other = RingTarget::Number(number("+919840055590"));
    for (definition, field, why) in [
        (with(&|flow| flow.greeting = simple().greeting), "greeting", CallFlowProblem::GreetingUnsupported),
        (
            with(&|flow| flow.voicemail = simple().voicemail),
            "voicemail",
            CallFlowProblem::VoicemailUnsupported,
        ),
        (
            with(&|flow| flow.fallback = Some(number("+919840055590"))),
            "fallback",
            CallFlowProblem::FallbackUnsupported,
        ),
        (
            with(&|flow| flow.closed.say = Some("Closed.".parse().unwrap())),
            "closed_say",
            CallFlowProblem::ClosedWordsUnsupported,
        ),
        (
            with(&|flow| flow.ring.as_mut().unwrap().targets.push(other.clone())),
            "ring",
            CallFlowProblem::NumberUnsupported,
        ),
    ] {
        let found = flows.check(&desk.owner, desk.account, &AnsweredNumber::All, &definition).await.unwrap();
        assert_eq!(found, [why]);
        let refused = flows.add(&desk.owner, new(&desk, definition)).await;
        assert!(matches!(refused, Err(Error::Invalid { field: named, .. }) if named == field), "{why}");
    }
    let together = with(&|flow| {
        let ring = flow.ring.as_mut().unwrap();
        ring.strategy = RingStrategy::Together;
        ring.targets.push(other.clone());
    });
    let found = flows.check(&desk.owner, desk.account, &AnsweredNumber::All, &together).await.unwrap();
    assert!(found.contains(&CallFlowProblem::TogetherUnsupported), "{found:?}");
    flows.add(&desk.owner, new(&desk, bare)).await.unwrap();
}

/// A store that several hold.
#[derive(Debug)]
struct Shared(Arc<Faulty<MemoryStore>>);

impl StoreLayer for Shared {
    type Inner = Faulty<MemoryStore>;

    fn inner(&self) -> &Self::Inner {
        &self.0
    }

    async fn around<T: Send>(
        &self,
        _: dialzio_core::store::Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        work.await
    }
}

async fn faulty() -> (Desk, Arc<Faulty<MemoryStore>>) {
    let clock = super::ten_in_the_morning();
    let store = Arc::new(Faulty::new(Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>))));
    let desk = desk_over(ScriptedCalls::new(), clock, Arc::new(Shared(Arc::clone(&store)))).await;
    (desk, store)
}

#[tokio::test]
async fn whatever_the_store_does_the_caller_gets_an_answer() {
    let (desk, store) = faulty().await;
    added(&desk).await;
    // Each read that an answer needs fails, or hangs, once: that of the address first, then those of the flows.
    for hangs in [false, true] {
        for call in 1..=6 {
            let fault = if hangs { Fault::Hangs } else { Fault::Fails(StoreError::Unavailable) };
            let crm = desk.crm.over(Shared(Arc::clone(&store)));
            store.at(Calls::Any, call, fault);
            let asked = desk.phone.question(None, "leg.1", CUSTOMER, OUR_NUMBER);
            let begun = Instant::now();
            let answered = crm.intake().answer(desk.app.hook, asked).await;
            assert_eq!(answered.status, 200, "read {call}");
            assert_eq!(lines(answered), FIXED, "read {call}, hangs: {hangs}");
            assert!(begun.elapsed() < Duration::from_secs(5), "nobody waits for a store that hangs");
            let asked = desk.phone.question(None, "leg.2", CUSTOMER, OUR_NUMBER);
            let next = lines(crm.intake().answer(desk.app.hook, asked).await);
            assert!(next.starts_with("say Welcome."), "the next call is answered by the flow");
        }
    }
}

#[tokio::test]
async fn what_was_read_answers_without_the_store() {
    let (desk, store) = faulty().await;
    added(&desk).await;
    desk.rings("leg.1").await;
    let before = store.count(Calls::Any);
    let asked = desk.phone.question(None, "leg.2", CUSTOMER, OUR_NUMBER);
    let answered = desk.crm.intake().answer(desk.app.hook, asked).await;
    assert_eq!(store.count(Calls::Any), before, "no read and no write before the answer");
    assert!(answered.report.is_some(), "the report comes after it");
    assert!(lines(answered).starts_with("say Welcome."));
}

#[tokio::test]
async fn what_is_no_question_gets_the_fixed_answer_and_an_unknown_address_none() {
    let desk = desk().await;
    added(&desk).await;
    for body in ["", "{}", "not json", "[1,2]"] {
        let raw = RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: Vec::new(),
            body: body.into(),
        };
        assert_eq!(desk.asks(raw).await, FIXED, "{body}");
    }
    assert_eq!(desk.calls().await, [], "nobody called");
    let unknown: HookId = TypedId::from_uuid(uuid::Uuid::from_u128(7));
    let asked = desk.phone.question(None, "leg.1", CUSTOMER, OUR_NUMBER);
    let answered = desk.crm.intake().answer(unknown, asked).await;
    assert_eq!((answered.status, answered.program), (404, None));
}

/// The record of the caller's leg, which the flow answered.
fn ended(call: &str) -> CallReport {
    let mut report = CallReport::new(CallReportKind::Record);
    report.aliases = vec![alias(call)];
    report.leg.id = Some(alias(call));
    report.leg.role = Some(LegRole::First);
    report.leg.result = Some(LegResult::Answered);
    report.leg.ended = Some(at(660));
    report
}

#[tokio::test]
async fn a_call_that_the_flow_alone_answered_is_missed_and_what_was_said_to_it_a_voicemail() {
    let desk = desk().await;
    added(&desk).await;
    for call in ["missed.1", "left.1", "spoken.1"] {
        desk.rings(call).await;
    }
    let mut left = ended("left.1");
    left.recordings = vec![("message.wav".to_owned(), RecordingKind::Recording)];
    let mut agent = live("spoken.1", "spoken.2", LegRole::Second);
    agent.leg.answered = Some(at(610));
    desk.arrives(vec![ended("missed.1"), left, agent, ended("spoken.1")]).await;
    let state = async |name: &str| {
        let scope = dialzio_core::testing::scope(desk.owner.org());
        for call in desk.calls().await {
            let names = desk.crm.store().call_aliases(&scope, call.id).await.unwrap();
            if names.contains(&alias(name)) {
                return call.state;
            }
        }
        panic!("no call {name}")
    };
    assert_eq!(state("missed.1").await, CallState::Missed);
    assert_eq!(state("left.1").await, CallState::Voicemail);
    assert_eq!(state("spoken.1").await, CallState::Completed);
}
