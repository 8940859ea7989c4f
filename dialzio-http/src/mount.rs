//! Where the router is mounted, and the only place that makes addresses from it.

use axum_extra::extract::cookie::{Cookie, SameSite};

/// The session cookie at the root: bound to this host, never readable by scripts.
pub const SESSION_COOKIE: &str = "__Host-dialzio_session";

/// The session cookie of a router that is mounted below a path, to which it is bound.
pub const MOUNTED_SESSION_COOKIE: &str = "__Secure-dialzio_session";

/// The cookie that shows that somebody signed in on this device before, at the root and below a path.
pub const DEVICE_COOKIE: &str = "__Host-dialzio_device";
/// The same below a path.
pub const MOUNTED_DEVICE_COOKIE: &str = "__Secure-dialzio_device";

/// The cookie of a sign-in that was begun at an identity provider, at the root and below a path.
pub(crate) const SIGN_ON_COOKIE: &str = "__Host-dialzio_sign_on";
/// The same below a path.
pub(crate) const MOUNTED_SIGN_ON_COOKIE: &str = "__Secure-dialzio_sign_on";

/// The longest prefix, in bytes: addresses as a whole are held to 8 KiB.
const LONGEST: usize = 200;

/// Why the router cannot be mounted at a path. It never repeats the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MountError {
    /// It does not begin with a slash.
    #[error("a path to mount at begins with /, such as /crm; an address with a host belongs into the origin")]
    NoSlash,
    /// It ends with a slash, or has two in a row.
    #[error("a path to mount at has no empty part: write /crm, not /crm/ or //crm")]
    EmptyPart,
    /// A part has characters that are not plain in an address, or is `.` or `..`.
    #[error(
        "the parts of a path to mount at are letters, digits, '-', '_', '.' and '~', and not . or .. alone"
    )]
    Characters,
    /// It is too long.
    #[error("a path to mount at has at most 200 characters")]
    TooLong,
}

/// A path of plain parts, such as `/crm`, or the root of the host.
///
/// Pages name the mount once, as `<base>`, and write all addresses without a leading slash (`inbox`, `web/tasks`); so do
/// the scripts, since a browser reads them all against `<base>`. What is no page (redirects, webhook addresses, links
/// that are sent away) is made by [`Mount::to`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mount(String);

impl Mount {
    /// Checks a path. `/` and the empty path are the root.
    pub(crate) fn parse(path: &str) -> Result<Self, MountError> {
        if path.is_empty() || path == "/" {
            return Ok(Self::default());
        }
        let Some(parts) = path.strip_prefix('/') else { return Err(MountError::NoSlash) };
        if path.len() > LONGEST {
            return Err(MountError::TooLong);
        }
        for part in parts.split('/') {
            if part.is_empty() {
                return Err(MountError::EmptyPart);
            }
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            if !part.bytes().all(is_plain) || part == "." || part == ".." {
                return Err(MountError::Characters);
            }
        }
        Ok(Self(path.to_owned()))
    }

    /// What comes before each path: `/crm`, or nothing at the root.
    pub(crate) fn prefix(&self) -> &str {
        &self.0
    }

    /// The path itself: `/crm`, or `/`.
    pub(crate) fn path(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }

    /// The path of an address that is written without a leading slash.
    pub(crate) fn to(&self, address: &str) -> String {
        format!("{}/{address}", self.0)
    }

    /// What pages read their addresses against.
    pub(crate) fn base(&self) -> String {
        self.to("")
    }

    /// A path or a route's template without the prefix.
    pub(crate) fn within<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(self.0.as_str()).unwrap_or(path)
    }

    /// The name of the session cookie. Browsers bind `__Host-` to the whole host; below a prefix the cookie is for its
    /// paths alone, so that an application beside it does not get it.
    pub(crate) const fn session_cookie_name(&self) -> &'static str {
        if self.0.is_empty() { SESSION_COOKIE } else { MOUNTED_SESSION_COOKIE }
    }

    /// The name of the cookie of a known device.
    pub(crate) const fn device_cookie_name(&self) -> &'static str {
        if self.0.is_empty() { DEVICE_COOKIE } else { MOUNTED_DEVICE_COOKIE }
    }

    /// The name of the cookie of a sign-in that was begun at an identity provider.
    pub(crate) const fn sign_on_cookie_name(&self) -> &'static str {
        if self.0.is_empty() { SIGN_ON_COOKIE } else { MOUNTED_SIGN_ON_COOKIE }
    }

    /// A cookie for the paths of the mount, never readable by scripts.
    pub(crate) fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        let made = Cookie::build((name, value)).path(self.path().to_owned());
        made.secure(true).http_only(true).same_site(SameSite::Lax).build()
    }
}

#[cfg(test)]
mod tests {
    use super::{Mount, MountError};

    #[test]
    fn a_prefix_is_plain_and_made_of_whole_parts() {
        for (path, prefix) in [("", ""), ("/", ""), ("/crm", "/crm"), ("/apps/crm-2", "/apps/crm-2")] {
            assert_eq!(Mount::parse(path).as_ref().map(Mount::prefix), Ok(prefix));
        }
        for (path, error) in [
            ("crm", MountError::NoSlash),
            ("https://x.example/crm", MountError::NoSlash),
            ("/crm/", MountError::EmptyPart),
            ("//crm", MountError::EmptyPart),
            ("/../crm", MountError::Characters),
            ("/{crm}", MountError::Characters),
            ("/c%72m", MountError::Characters),
            ("/crm?a", MountError::Characters),
            ("/crm\r\nX: y", MountError::Characters),
        ] {
            assert_eq!(Mount::parse(path), Err(error), "{path:?}");
        }
        assert_eq!(Mount::parse(&format!("/{}", "a".repeat(200))), Err(MountError::TooLong));
    }

    #[test]
    fn addresses_come_below_the_prefix() {
        let (root, crm) = (Mount::default(), Mount("/crm".to_owned()));
        assert_eq!((root.base(), crm.base()), ("/".to_owned(), "/crm/".to_owned()));
        assert_eq!(
            (root.to("inbox"), crm.to("inbox?q=a")),
            ("/inbox".to_owned(), "/crm/inbox?q=a".to_owned())
        );
        assert_eq!((root.within("/v1/me"), crm.within("/crm/v1/me")), ("/v1/me", "/v1/me"));
    }
}
