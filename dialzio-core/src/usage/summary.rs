//! How an organisation uses the product, in counts that identify no member.
//!
//! Published is in how many members' uses a page, a day or a browser occurs: nothing for fewer than five members, and
//! otherwise the number rounded down to a multiple of five. Exact numbers would give small groups away by their differences:
//! twelve members in all and eleven with Firefox leave one with another browser, and twelve today after eleven yesterday are
//! one who joined. Numbers that move in steps of five say none of this.

use chrono::{DateTime, Days, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};

use super::{UsageBrowser, UsagePage};
use crate::access::Browser;
use crate::id::MemberId;
use crate::store::periods::USAGE_PERIOD;

/// The smallest group that is shown, and the step of all numbers.
const STEP: usize = 5;

/// Which members used which page, on which day, with which browser. Not published: see [`summary`](Self::summary).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageTally {
    pages: BTreeMap<UsagePage, BTreeSet<MemberId>>,
    days: BTreeMap<NaiveDate, BTreeSet<MemberId>>,
    browsers: BTreeMap<Option<Browser>, BTreeSet<MemberId>>,
}

impl UsageTally {
    /// Adds a use. Days are those of UTC.
    pub fn add(&mut self, member: MemberId, page: &UsagePage, browser: UsageBrowser, at: DateTime<Utc>) {
        match self.pages.get_mut(page) {
            Some(members) => members.insert(member),
            None => self.pages.entry(page.clone()).or_default().insert(member),
        };
        self.days.entry(at.date_naive()).or_default().insert(member);
        self.browsers.entry(browser.family()).or_default().insert(member);
    }

    /// Whether there is no use in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// What may be published of it on a day: that day and the 89 before it.
    #[must_use]
    pub fn summary(&self, today: NaiveDate) -> UsageSummary {
        let pages = self.pages.iter().filter_map(|(page, members)| Some((page.clone(), published(members)?)));
        let families = Browser::ALL.iter().copied().map(Some).chain([None]);
        let of = |members: Option<&BTreeSet<MemberId>>| members.and_then(published);
        UsageSummary {
            pages: pages.collect(),
            days: days(today).map(|day| (day, of(self.days.get(&day)))).collect(),
            browsers: families.map(|family| (family, of(self.browsers.get(&family)))).collect(),
        }
    }
}

/// The published size of a group, rounded down to a multiple of five; `None` for fewer than five members, zero included.
fn published(members: &BTreeSet<MemberId>) -> Option<u32> {
    let shown = members.len() / STEP * STEP;
    u32::try_from(shown).ok().filter(|shown| *shown > 0)
}

/// The days of a summary, newest first.
fn days(today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let most = u64::try_from(USAGE_PERIOD.num_days()).unwrap_or(0);
    (0..most).map_while(move |back| today.checked_sub_days(Days::new(back)))
}

/// The instant at which the oldest day of a summary begins.
pub(super) fn begins(today: NaiveDate) -> DateTime<Utc> {
    let first = days(today).last().unwrap_or(today);
    first.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// In how many members' uses something occurs, rounded down to a multiple of five; `None` for fewer than five. Every day and
/// every family of browsers is listed, whether used or not, so that a line says nothing by being there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageSummary {
    /// By page, in order of the templates. A page of fewer than five members is left out.
    pub pages: Vec<(UsagePage, u32)>,
    /// By day of UTC, newest first.
    pub days: Vec<(NaiveDate, Option<u32>)>,
    /// By family of browsers; `None` for those of no known family.
    pub browsers: Vec<(Option<Browser>, Option<u32>)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypedId;
    use uuid::Uuid;

    fn at(day: u32, hour: u32) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(2026, 3, day).unwrap().and_hms_opt(hour, 0, 0).unwrap().and_utc()
    }

    fn tally(members: u128, each: impl Fn(&mut UsageTally, u128, MemberId)) -> UsageTally {
        let mut tally = UsageTally::default();
        for number in 0..members {
            each(&mut tally, number, MemberId::from_uuid(Uuid::from_u128(number)));
        }
        tally
    }

    fn page(template: &'static str) -> UsagePage {
        UsagePage::new(template).unwrap()
    }

    #[test]
    fn groups_of_fewer_than_five_are_not_told_from_none() {
        let firefox = UsageBrowser::known(Browser::Firefox, Some(132));
        let some = tally(4, |tally, _, member| tally.add(member, &page("/inbox"), firefox, at(3, 9)));
        let today = at(5, 0).date_naive();
        assert_eq!(some.summary(today), UsageTally::default().summary(today));
        let five = tally(5, |tally, _, member| tally.add(member, &page("/inbox"), firefox, at(3, 9)));
        let shown = five.summary(today);
        assert_eq!(shown.pages, [(page("/inbox"), 5)]);
        assert_eq!(shown.days.len(), 90);
        let of_day = |day| shown.days.iter().find(|(shown, _)| *shown == at(day, 0).date_naive()).unwrap().1;
        assert_eq!((of_day(3), of_day(4)), (Some(5), None));
        let with = |family| shown.browsers.iter().find(|(shown, _)| *shown == family).unwrap().1;
        assert_eq!((with(Some(Browser::Firefox)), with(None)), (Some(5), None));
    }

    /// Each pair of published numbers is equal or at least five apart, so neither a rest nor a change from one day to the
    /// next is a group of fewer than five.
    #[test]
    fn no_difference_between_two_numbers_is_a_small_group() {
        let today = at(5, 0).date_naive();
        let mut seen = BTreeSet::new();
        for members in 0..40 {
            let all = tally(members, |tally, number, member| {
                let other = number % 4 == 0;
                let browser =
                    if other { UsageBrowser::OTHER } else { UsageBrowser::known(Browser::Edge, None) };
                tally.add(member, &page(if other { "/calls" } else { "/inbox" }), browser, at(3, 9));
                tally.add(member, &page("/contacts"), browser, at(4, 9));
            });
            let shown = all.summary(today);
            let numbers = shown.pages.iter().map(|(_, number)| *number);
            let numbers = numbers.chain(shown.days.iter().filter_map(|(_, number)| *number));
            seen.extend(numbers.chain(shown.browsers.iter().filter_map(|(_, number)| *number)));
        }
        assert_eq!(seen, BTreeSet::from([5, 10, 15, 20, 25, 30, 35]));
    }

    #[test]
    fn a_summary_covers_ninety_days_with_today() {
        let today = at(5, 0).date_naive();
        let shown = UsageTally::default().summary(today).days;
        assert_eq!((shown[0].0, shown.len()), (today, 90));
        assert_eq!(begins(today), shown[89].0.and_hms_opt(0, 0, 0).unwrap().and_utc());
    }
}
