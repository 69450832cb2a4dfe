//! Entries of `grammars/packages/`: which programs a package brings.
//!
//! In: a package manager and a package. Out: paths and names. Knows nothing of versions or of what
//! a package pulls in beyond what is listed.

use serde::Deserialize;

/// A package's entry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Entry {
    /// Names of the package, in any manager.
    pub(super) names: Vec<String>,
    /// Its programs, where the managers agree; absolute paths where they matter.
    #[serde(default)]
    programs: Vec<String>,
    /// Programs of Debian's and Ubuntu's package, if they differ.
    apt: Option<Vec<String>>,
    /// Programs of Alpine's package, if they differ.
    apk: Option<Vec<String>>,
    /// Programs of the RPM package, if they differ.
    rpm: Option<Vec<String>>,
    /// Programs of Arch's package, if they differ.
    pacman: Option<Vec<String>>,
    /// Where this was read.
    pub(super) evidence: String,
}

/// The programs that a package brings; `None` if nothing is known of it. Managers: `apt`
/// (`apt-get`), `apk`, `dnf` (`yum`, `microdnf`, `tdnf`, `zypper`), `pacman`, `pip`, `npm`, `gem`.
pub(super) fn programs(manager: &str, package: &str) -> Option<Vec<String>> {
    // `tini=0.19.0-r0`, `bash>5`, `nginx~1.2`, `curl/bookworm`: the name comes first.
    let name = package
        .split(['=', '<', '>', '~', '/', '['])
        .next()
        .unwrap_or(package);
    let entry = super::tables::packages().named(name).next()?;
    let own = match manager {
        "apt" | "apt-get" | "aptitude" | "dpkg" => &entry.apt,
        "apk" => &entry.apk,
        "dnf" | "yum" | "microdnf" | "tdnf" | "zypper" | "rpm" => &entry.rpm,
        "pacman" => &entry.pacman,
        _ => &None,
    };
    Some(own.clone().unwrap_or_else(|| entry.programs.clone()))
}
