use super::Findings;
use super::foreground::short;
use super::programs;
use super::rule::declare_rule;
use crate::analyze::Target;

declare_rule! {
    /// ## What it does
    /// Reports servers and watchers that their authors make for development: `flask run`, `manage.py
    /// runserver`, `php -S`, `vite`, `next dev`, `nodemon`.
    ///
    /// ## Why is this bad
    /// Nobody promises that they let requests finish. Several drop them on SIGTERM, or ignore the signal as
    /// PID 1, and they put one more process between the signal and the application.
    ///
    /// ## Example
    /// ```dockerfile Dockerfile
    /// FROM python:3.12-slim
    /// CMD ["flask", "run", "--host", "0.0.0.0"]
    /// ```
    ///
    /// ## Use instead
    /// ```dockerfile Dockerfile
    /// FROM python:3.12-slim
    /// CMD ["gunicorn", "--bind", "0.0.0.0:80", "app:app"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which server to use is the author's choice.
    ///
    /// ## When it stays silent
    /// When the program is not known as one for development.
    pub(super) static DEV_SERVER = {
        id: "dev-server",
        summary: "a server for development is what the image starts",
        severity: Note,
        since: "0.1.0",
        check: check,
    }
}

fn check(target: &Target, findings: &mut Findings) {
    for path in &target.paths {
        let Some(tree) = &path.processes else {
            continue;
        };
        for process in tree.processes() {
            let is_one = match programs::launch(target, process) {
                Some(launch) => launch.development,
                None => programs::program(target, process).is_some_and(|known| known.development),
            };
            let (true, Some(span)) = (is_one, programs::place(target, process)) else {
                continue;
            };
            let name = programs::name(process);
            let command: Vec<&str> = process.argv.iter().flatten().map(String::as_str).collect();
            findings
                .add(
                    format!(
                        "`{}` is a server for development",
                        short(&command.join(" "))
                    ),
                    span.clone(),
                    format!("`{name}` makes no promise about requests in flight"),
                )
                .help("start the server that is meant for production");
        }
    }
}
