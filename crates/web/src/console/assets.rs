//! The console's own files, compiled in; their address carries a hash of the content, so they may be
//! cached for ever and still change with the next version.

use std::sync::LazyLock;

pub const CSS: &str = include_str!("../../assets/console.css");
pub const JS: &str = include_str!("../../assets/console.js");
pub const ICON: &str = include_str!("../../assets/icon.svg");

/// One file as it is served.
pub struct Asset {
    pub path: String,
    pub mime: &'static str,
    pub body: &'static str,
}

pub static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset("console.css", "text/css; charset=utf-8", CSS),
        asset("console.js", "text/javascript; charset=utf-8", JS),
        asset("icon.svg", "image/svg+xml", ICON),
    ]
});

pub fn css_path() -> &'static str {
    &ASSETS[0].path
}
pub fn js_path() -> &'static str {
    &ASSETS[1].path
}
pub fn icon_path() -> &'static str {
    &ASSETS[2].path
}

/// The file under `/console/assets/<name>`, if the hash is the current one.
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path.rsplit('/').next() == Some(name))
}

fn asset(name: &str, mime: &'static str, body: &'static str) -> Asset {
    Asset { path: format!("/console/assets/{:016x}-{name}", fnv1a(body.as_bytes())), mime, body }
}

/// FNV-1a: it tells versions apart and protects nothing.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_one_content() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        for asset in ASSETS.iter() {
            let name = asset.path.rsplit('/').next().expect("a path has a last part");
            assert_eq!(find(name).map(|found| found.body), Some(asset.body));
        }
        assert!(find("0000000000000000-console.css").is_none() && find("").is_none());
    }

    #[test]
    fn files_need_nothing_from_elsewhere() {
        for asset in ASSETS.iter() {
            let outside = asset.body.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains("http://") && !outside.contains("https://"), "{}", asset.path);
        }
        assert!(!JS.contains("innerHTML") && !JS.contains("eval("));
    }
}
