//! How many files the process may have open, and how many of them connections may take.

/// Descriptors that are kept for the database, files and connections to the provider.
const RESERVE: u64 = 256;

/// Of so many descriptors, how many connections may take: all but the reserve, and never more than half of a few.
pub(super) fn for_connections(descriptors: u64) -> usize {
    let reserve = RESERVE.min(descriptors / 2);
    usize::try_from(descriptors - reserve).unwrap_or(usize::MAX)
}

/// Raises the limit of open files towards what `connections` need, as far as the system lets us. The limit that holds
/// then; `None` if there is none or it cannot be told.
#[cfg(unix)]
pub(super) fn raised_for(connections: usize) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = connections as u64 + RESERVE;
    let present = getrlimit(Resource::Nofile);
    let soft = present.current?;
    if soft >= wanted {
        return Some(soft);
    }
    let raised = present.maximum.map_or(wanted, |most| most.min(wanted));
    let asked = Rlimit { current: Some(raised), maximum: present.maximum };
    // What the system refuses leaves the limit as it was.
    Some(if setrlimit(Resource::Nofile, asked).is_ok() { raised } else { soft })
}

/// Nothing is known of limits here.
#[cfg(not(unix))]
pub(super) fn raised_for(_: usize) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_kept_of_few_and_of_many() {
        assert_eq!(for_connections(64), 32);
        assert_eq!(for_connections(1_024), 768);
        assert_eq!(for_connections(65_536), 65_280);
    }
}
