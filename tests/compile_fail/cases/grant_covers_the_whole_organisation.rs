//! E0560: a grant cannot promise that less than the whole organisation is seen.

use dialzio_core::{Grant, MemberId, Permission};

pub fn own(member: MemberId) -> Grant {
    Grant { permissions: vec![Permission::ContactsRead], audience: Some(member) }
}
