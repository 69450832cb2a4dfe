use super::Findings;
use super::rule::declare_rule;
use crate::analyze::Target;
use crate::boot::FactKind;

declare_rule! {
    /// ## What it does
    /// Notes `exec $@` and `exec $*` without quotes.
    ///
    /// ## Why is this bad
    /// The shell splits the words of CMD again at blanks and expands `*` and `?` in them. An
    /// argument such as `--name "my service"` reaches the application as two; one that is empty
    /// vanishes.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// CMD ["/demo/app", "--name", "my service"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// exec $@
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// COPY --chmod=755 start.sh /start.sh
    /// ENTRYPOINT ["/start.sh"]
    /// CMD ["/demo/app", "--name", "my service"]
    /// ```
    /// ```sh start.sh 755
    /// #!/bin/sh
    /// exec "$@"
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe: CMD may be one word that is meant to be split (`CMD ["app --port 80"]`).
    ///
    /// ## When it stays silent
    /// When the parameters are quoted, and in other commands than `exec`.
    pub(super) static UNQUOTED_ARGUMENTS = {
        id: "unquoted-arguments",
        summary: "`exec $@` without quotes splits the arguments again",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for fact in target.paths.iter().flat_map(|path| &path.facts) {
        let (FactKind::UnquotedArguments, Some(span)) = (&fact.kind, &fact.span) else {
            continue;
        };
        if fact.while_stopping {
            continue;
        }
        let written = span.text();
        findings
            .add(
                format!("`{written}` splits the arguments again"),
                span.clone(),
                "not in quotes",
            )
            .note("arguments with blanks or `*` in them reach the application in pieces")
            .help("write `\"$@\"`");
    }
}
