use super::Findings;
use super::rule::declare_rule;
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Notes a stage with more than one `CMD` or more than one `ENTRYPOINT`.
    ///
    /// ## Why is this bad
    /// Only the last one counts. The others look as if they did something; who edits the wrong one
    /// changes nothing.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD ["/demo/app", "--port", "80"]
    /// CMD ["/demo/app", "--port", "8080"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM debian:12-slim
    /// COPY app /demo/app
    /// CMD ["/demo/app", "--port", "8080"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: removing all but the last changes nothing in the image, but which one was meant is
    /// for the author to say.
    ///
    /// ## When it stays silent
    /// When the earlier one stands in another stage: a child stage may well replace what it inherits.
    pub(super) static SEVERAL_ENTRYPOINTS = {
        id: "several-entrypoints",
        summary: "only the last CMD or ENTRYPOINT of a stage counts",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for void in &target.container.image.overridden {
        let word = if void.entrypoint { "ENTRYPOINT" } else { "CMD" };
        findings
            .add(
                format!("this {word} has no effect"),
                void.span.clone(),
                "replaced by a later one",
            )
            .related(void.by.clone(), "this one comes after it")
            .help("remove it");
    }
}
