//! Platforms: `os/architecture[/variant]`, in the form that BuildKit gives its variables.

use super::similar;

/// Operating systems that images are built for.
const SYSTEMS: [&str; 6] = ["linux", "windows", "darwin", "freebsd", "wasi", "wasip1"];

/// Architectures, as Go names them.
const ARCHITECTURES: [&str; 14] = [
    "amd64", "arm64", "arm", "386", "ppc64le", "ppc64", "s390x", "riscv64", "loong64", "mips",
    "mipsle", "mips64", "mips64le", "wasm",
];

/// Reads a platform as `docker build --platform` does: `linux/arm64`, `linux/arm/v7`, also a lone `arm64` and the
/// names of kernels (`x86_64`, `aarch64`) for `linux/amd64` and `linux/arm64`
/// (<https://pkg.go.dev/github.com/containerd/platforms#Parse>).
pub fn platform(text: &str) -> Result<String, String> {
    let parts: Vec<String> = text.split('/').map(str::to_lowercase).collect();
    let (system, rest) = match parts.as_slice() {
        [only] if !SYSTEMS.contains(&only.as_str()) => ("linux", parts.as_slice()),
        [system, rest @ ..] => (system.as_str(), rest),
        [] => ("", parts.as_slice()),
    };
    let (architecture, variant) = match rest {
        [architecture] => (architecture.as_str(), None),
        [architecture, variant] if !variant.is_empty() => {
            (architecture.as_str(), Some(variant.as_str()))
        }
        _ => return Err(expected(text)),
    };
    let (architecture, own_variant) = match architecture {
        "x86_64" | "x86-64" => ("amd64", None),
        "aarch64" => ("arm64", None),
        "i386" | "i686" => ("386", None),
        "armhf" => ("arm", Some("v7")),
        "armel" => ("arm", Some("v6")),
        other => (other, None),
    };
    if !SYSTEMS.contains(&system) || !ARCHITECTURES.contains(&architecture) {
        return Err(expected(text));
    }
    // An arm64 is a v8, which is not written.
    let variant = variant.filter(|variant| !(architecture == "arm64" && *variant == "v8"));
    Ok(match variant.or(own_variant) {
        Some(variant) => format!("{system}/{architecture}/{variant}"),
        None => format!("{system}/{architecture}"),
    })
}

fn expected(text: &str) -> String {
    let known = [
        "linux/amd64",
        "linux/arm64",
        "linux/arm/v7",
        "windows/amd64",
    ];
    let meant = similar(text, known);
    let meant = meant.map_or(String::new(), |known| format!("; did you mean `{known}`?"));
    format!("expected a platform such as linux/arm64 or linux/arm/v7{meant}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_read_as_by_docker() {
        for (text, meant) in [
            ("linux/amd64", "linux/amd64"),
            ("Linux/ARM/v7", "linux/arm/v7"),
            ("arm64", "linux/arm64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("armhf", "linux/arm/v7"),
            ("windows/amd64", "windows/amd64"),
        ] {
            assert_eq!(platform(text).as_deref(), Ok(meant), "{text}");
        }
        for text in [
            "",
            "linux",
            "linux/",
            "/amd64",
            "nonsense",
            "linux/arm/",
            "linux/arm/v7/x",
            "linux/a b",
        ] {
            assert!(platform(text).is_err(), "{text}");
        }
        let message = platform("linux/arm46").expect_err("there is none");
        assert!(
            message.ends_with("did you mean `linux/arm64`?"),
            "{message}"
        );
    }
}
