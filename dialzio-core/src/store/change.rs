//! Partial updates: a change names the fields that it changes, so two changes of one record do not undo each other.

/// Declares a partial update of a record that counts its changes in `revision`.
macro_rules! change {
    ($(#[$meta:meta])* pub struct $name:ident of $record:ident {
        $($(#[$field_meta:meta])* $field:ident: $kind:ty),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: Option<$kind>,)+
        }

        impl $name {
            /// Writes the fields that are given into the record, and counts the change.
            pub fn apply(&self, record: &mut $record) {
                $(if let Some(value) = &self.$field {
                    record.$field = value.clone();
                })+
                record.revision.0 = record.revision.0.saturating_add(1);
            }
        }
    };
}
pub(crate) use change;
