use super::Findings;
use super::rule::declare_rule;
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports a script written by COPY or ADD from a here-document whose delimiter is not quoted, when the build
    /// replaces some of its `$…` by nothing.
    ///
    /// ## Why is this bad
    /// In such a here-document the builder replaces variables, as a shell does: `"$@"` and `$1` become empty in the
    /// file, and so do variables that only exist when the container runs.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 <<EOF /start.sh
    /// #!/bin/sh
    /// exec /demo/app "$@"
    /// EOF
    /// ENTRYPOINT ["/start.sh"]
    /// CMD ["--port", "80"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 <<"EOF" /start.sh
    /// #!/bin/sh
    /// exec /demo/app "$@"
    /// EOF
    /// ENTRYPOINT ["/start.sh"]
    /// CMD ["--port", "80"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: quoting the delimiter keeps every `$` of the text. Where a build argument is meant
    /// to be replaced, leave it unquoted and escape the others (`\$@`).
    ///
    /// ## When it stays silent
    /// When every variable has a value during the build, and when the file is no script.
    pub(super) static HEREDOC_EXPANDS_SCRIPT = {
        id: "heredoc-expands-script",
        summary: "the build empties variables of a script",
        severity: Warning,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for heredoc in &target.container.image.expanded_heredocs {
        let mut empty = heredoc
            .expansions
            .iter()
            .filter(|(_, value)| heredoc.is_script && value.is_empty());
        let Some((span, _)) = empty.next() else {
            continue;
        };
        let finding = findings.add(
            format!(
                "`{}` is replaced by nothing when the image is built",
                span.text()
            ),
            span.clone(),
            format!("`{}` in the image has nothing here", heredoc.path),
        );
        for (span, _) in empty {
            finding.related(span.clone(), "and here");
        }
        finding
            .related(heredoc.instruction.clone(), "")
            .help("quote the delimiter of the here-document: `<<\"EOF\"`");
    }
}
