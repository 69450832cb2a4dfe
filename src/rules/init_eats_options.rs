use super::Findings;
use super::Severity;
use super::rule::declare_rule;
use super::words::consequence;
use crate::analyze::Target;
use crate::stop::{FactKind, Verdict};

declare_rule! {
    /// ## What it does
    /// Reports options of the application that the init or launcher before it reads as its own: `tini
    /// nginx -g "daemon off;"` gives `-g` to tini.
    ///
    /// ## Why is this bad
    /// tini, catatonit, su and others look for options in the whole command line unless a `--` ends them.
    /// Then the start-up fails with a usage error, or the application runs without its options.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y tini
    /// COPY app /demo/app
    /// ENTRYPOINT ["tini", "/demo/app", "-v"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// RUN apt-get update && apt-get install -y tini
    /// COPY app /demo/app
    /// ENTRYPOINT ["tini", "--", "/demo/app", "-v"]
    /// ```
    ///
    /// ## Fix safety
    /// The fix is unsafe, because the application gets options that it does not get today: `--` before the
    /// command changes nothing but who reads what follows.
    ///
    /// ## When it stays silent
    /// When a `--` stands before the command, and with inits that stop at the first word that is no
    /// option (dumb-init).
    pub(super) static INIT_EATS_OPTIONS = {
        id: "init-eats-options",
        summary: "an init takes options of the command for its own",
        severity: Error,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in &target.paths {
        for fact in &path.facts {
            let (
                FactKind::OptionsEaten {
                    launcher, words, ..
                },
                Some(span),
            ) = (&fact.kind, &fact.span)
            else {
                continue;
            };
            let finding = findings.add(
                format!("`{launcher}` takes `{words}` for its own option"),
                span.clone(),
                "read up to its end, because no `--` stands before the command",
            );
            match path.verdict {
                Verdict::Fails => consequence(finding, target, path),
                _ => {
                    finding.note(format!(
                        "at the start: the command runs without `{words}`, or not at all if `{launcher}` refuses it"
                    ));
                    if !path.when.is_empty() {
                        finding.at_most(Severity::Warning);
                    }
                }
            }
            finding.help(format!("write `--` after `{launcher}` and its own options"));
        }
    }
}
