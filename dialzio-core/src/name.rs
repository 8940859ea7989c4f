//! Closed sets of words that are stored, sent and shown under one spelling.

/// The word is not in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words that are allowed here")]
pub struct UnknownWord;

/// Declares an enum whose variants have one spelling in the database, in JSON and in addresses.
macro_rules! string_enum {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(try_from = "String", into = "&'static str")]
        $(#[$doc])*
        $vis enum $name { $($(#[$vdoc])* #[cfg_attr(feature = "openapi", schema(rename = $word))] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The one spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(text: &str) -> Result<Self, $crate::UnknownWord> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err($crate::UnknownWord) }
            }
        }
        impl TryFrom<String> for $name {
            type Error = $crate::UnknownWord;
            fn try_from(text: String) -> Result<Self, $crate::UnknownWord> { text.parse() }
        }
        impl From<$name> for &'static str {
            fn from(value: $name) -> Self { value.as_str() }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}
pub(crate) use string_enum;
