//! Unified diffs.
//!
//! In: a text before and after. Out: a diff that `patch -p1` and `git apply` take. No colours.

use similar::TextDiff;

/// The difference of a file with three lines of context; empty when there is none.
pub fn unified_diff(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let name = path.trim_start_matches('/');
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::unified_diff;

    #[test]
    fn a_missing_final_newline_is_said() {
        assert_eq!(unified_diff("f", "a\n", "a\n"), "");
        assert_eq!(
            unified_diff("x/f", "a\nb", "a\nc"),
            "--- a/x/f\n+++ b/x/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
        );
    }
}
