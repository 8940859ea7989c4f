//! Addresses that no provider's adapter may ever connect to, in many spellings.

use std::net::Ipv4Addr;

/// Addresses inside a network, by number: of this machine, of clouds' metadata, of private networks.
const INSIDE: [[u8; 4]; 12] = [
    [127, 0, 0, 1],
    [127, 1, 2, 3],
    [0, 0, 0, 0],
    [169, 254, 169, 254],
    [169, 254, 170, 2],
    [100, 100, 100, 200],
    [10, 0, 0, 1],
    [172, 16, 0, 1],
    [172, 31, 255, 254],
    [192, 168, 0, 1],
    [192, 0, 0, 192],
    [255, 255, 255, 255],
];

/// Names and addresses in other dress.
const HOSTS: [&str; 34] = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ip6-localhost",
    "metadata.google.internal",
    "metadata",
    "instance-data",
    "kubernetes.default.svc",
    "host.docker.internal",
    "router.local",
    "db.internal",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "0",
    "127.0.0.1.nip.io",
    "localtest.me",
    "rebind.example",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "１２７.０.０.１",
    "127。0。0。1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "xn--fsqu00a.example",
];

/// Hosts that look like those of providers.
const LOOKALIKES: [&str; 16] = [
    "graph.facebook.com.evil.example",
    "graph-facebook.com",
    "graph.facebook.com@127.0.0.1",
    "graph.facebook.com:443@127.0.0.1",
    "graph.facebook.com%2f@127.0.0.1",
    "graph.facebook.com#@127.0.0.1",
    "127.0.0.1#graph.facebook.com",
    "127.0.0.1?graph.facebook.com",
    "127.0.0.1/graph.facebook.com",
    "rest.telecmi.com.evil.example",
    "rest.telecmi.com@127.0.0.1",
    "127.0.0.1#rest.telecmi.com",
    "rest.telecmi.com%00.evil.example",
    "rest.piopiy.com@127.0.0.1",
    "piopiy.telecmi.com.127.0.0.1.nip.io",
    "graph.facebook.con",
];

/// More than 200 base addresses that an account must not have, most of which lead to a listener on this machine at `port`: numbers in
/// decimal, octal, hexadecimal and as one integer, IPv6 in every dress, names that lead inside, hosts that look like providers',
/// users and passwords, other schemes and ports. Those that are no addresses at all are left out.
#[must_use]
pub fn forbidden_addresses(port: u16) -> Vec<url::Url> {
    let mut texts = Vec::new();
    for [a, b, c, d] in INSIDE {
        let whole = u32::from(Ipv4Addr::new(a, b, c, d));
        for host in [
            format!("{a}.{b}.{c}.{d}"),
            format!("{whole}"),
            format!("0x{whole:08x}"),
            format!("0{whole:o}"),
            format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
            format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
        ] {
            texts.push(format!("http://{host}:{port}/"));
            texts.push(format!("https://{host}/"));
        }
    }
    for host in HOSTS {
        texts.push(format!("http://{host}:{port}/"));
        texts.push(format!("https://{host}/"));
    }
    texts.extend(LOOKALIKES.iter().map(|host| format!("https://{host}/")));
    for provider in ["graph.facebook.com", "rest.telecmi.com", "piopiy.telecmi.com", "rest.piopiy.com"] {
        for text in [
            format!("http://{provider}/"),
            format!("https://{provider}:{port}/"),
            format!("https://user:pass@{provider}/"),
            format!("https://{provider}/?to=http://127.0.0.1:{port}/"),
            format!("https://{provider}/#http://127.0.0.1:{port}/"),
            format!("ftp://{provider}/"),
            format!("ws://{provider}/"),
        ] {
            texts.push(text);
        }
    }
    for scheme in ["file", "gopher", "dict", "ldap", "jar", "data", "javascript", "unix"] {
        texts.push(format!("{scheme}://127.0.0.1:{port}/"));
    }
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_are_more_than_two_hundred() {
        let all = super::forbidden_addresses(9);
        let mut once: Vec<&str> = all.iter().map(url::Url::as_str).collect();
        once.sort_unstable();
        once.dedup();
        assert!(all.len() > 200 && once.len() > 120, "{} of which {} differ", all.len(), once.len());
    }
}
