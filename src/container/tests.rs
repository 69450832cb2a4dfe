use super::*;
use crate::dockerfile::parse;
use crate::image::{Context, build};
use crate::source::{Source, Why};
use crate::stage::{BuildOptions, resolve};

fn container(text: &str, overrides: &Overrides) -> Container {
    let file = parse(&Source::new(
        "Dockerfile",
        format!("FROM scratch\n{text}\n"),
    ));
    let stages = resolve(&file, &BuildOptions::default());
    let image = build(&stages, 0, &Context::none(Why::new("none")), None);
    Container::new(Arc::new(image), overrides)
}

fn argv(container: &Container) -> Option<Vec<&str>> {
    let argv = container.argv.value().expect("it is known").as_ref()?;
    Some(argv.iter().map(Mapped::text).collect())
}

#[test]
fn argv_is_entrypoint_and_cmd() {
    let table: [(&str, Option<&[&str]>, usize); 8] = [
        ("RUN x", None, 0),
        ("CMD [\"a\", \"b\"]", Some(&["a", "b"]), 0),
        ("CMD a b", Some(&["/bin/sh", "-c", "a b"]), 0),
        ("ENTRYPOINT [\"e\"]\nCMD [\"a\"]", Some(&["e", "a"]), 1),
        (
            "ENTRYPOINT [\"e\"]\nCMD a b",
            Some(&["e", "/bin/sh", "-c", "a b"]),
            1,
        ),
        (
            "ENTRYPOINT e f\nCMD [\"a\"]",
            Some(&["/bin/sh", "-c", "e f", "a"]),
            3,
        ),
        ("ENTRYPOINT []\nCMD [\"a\"]", Some(&["a"]), 0),
        ("ENTRYPOINT ['e']", Some(&["/bin/sh", "-c", "['e']"]), 3),
    ];
    for (text, expected, words) in table {
        let container = container(text, &Overrides::default());
        assert_eq!(argv(&container).as_deref(), expected, "{text}");
        assert_eq!(container.entrypoint_words, words, "{text}");
    }
}

#[test]
fn overrides_stand_above_the_image() {
    let source = Source::new("compose.yaml", "other");
    let other = || Some(vec![Mapped::whole(&source)]);
    let text = "ENTRYPOINT [\"e\"]\nCMD [\"c\"]\nENV A=1\nSTOPSIGNAL SIGINT";
    let entrypoint = Overrides {
        entrypoint: other(),
        ..Overrides::default()
    };
    assert_eq!(argv(&container(text, &entrypoint)), Some(vec!["other"]));
    let cmd = Overrides {
        cmd: other(),
        environment: vec![("A".into(), "2".into())],
        stop_signal: Some(Signal::QUIT),
        ..Overrides::default()
    };
    let container = container(text, &cmd);
    assert_eq!(argv(&container), Some(vec!["e", "other"]));
    assert_eq!(
        container.image.environment["A"].value,
        Known::Known("2".into())
    );
    assert_eq!(container.stop_signal.value, Known::Known(Signal::QUIT));
    assert_eq!(container.grace, DEFAULT_GRACE);
}
