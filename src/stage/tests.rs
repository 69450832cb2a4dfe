use super::*;
use crate::dockerfile::parse;
use crate::source::Source;

fn dockerfile(text: &str) -> Dockerfile {
    parse(&Source::new("Dockerfile", text))
}

fn bases(text: &str, options: &BuildOptions) -> Vec<String> {
    let file = dockerfile(text);
    let stages = resolve(&file, options);
    let bases = stages.stages.iter().map(|stage| match &stage.base {
        Base::Stage(index) => format!("stage {index}"),
        Base::Scratch => "scratch".to_owned(),
        Base::Image(Known::Known(reference)) => reference.clone(),
        Base::Image(Known::Unknown(why)) => format!("? {}", why.text),
    });
    bases.collect()
}

#[test]
fn from_names_stages_images_and_arguments() {
    let plain = BuildOptions::default();
    let text = "ARG TAG=12\nARG BASE=debian:$TAG\nARG LOST\nFROM ${BASE} AS Build\nFROM build\nFROM --platform=linux/amd64 scratch as x\n\
        FROM later\nFROM alpine AS later\nFROM self AS self\nFROM $LOST\nFROM node:${LOST:-20}\nFROM $NEVER\n";
    let expected = [
        "debian:12",
        "stage 0",
        "scratch",
        "later",
        "alpine",
        "self",
        "? the build argument `LOST` has no default",
        "node:20",
        "? `$NEVER` gives FROM no image",
    ];
    assert_eq!(bases(text, &plain), expected);
    let given = BuildOptions {
        build_args: vec![
            ("TAG".into(), Some("13".into())),
            ("LOST".into(), Some("x:1".into())),
        ],
        ..plain
    };
    assert_eq!(bases(text, &given)[0], "debian:13");
    assert_eq!(bases(text, &given)[6], "x:1");
}

#[test]
fn the_platform_is_unknown_unless_given() {
    let text = "FROM base-$TARGETARCH\nFROM --platform=$BUILDPLATFORM golang\n";
    assert!(bases(text, &BuildOptions::default())[0].starts_with("? `TARGETARCH` depends"));
    let options = BuildOptions {
        platform: Some("linux/arm/v7".into()),
        ..BuildOptions::default()
    };
    assert_eq!(bases(text, &options), ["base-arm", "golang"]);
}

#[test]
fn the_target_is_a_name_or_number_or_the_last() {
    let file = dockerfile("FROM a AS one\nFROM b AS Two\nFROM c\n");
    let target = |name: Option<&str>| {
        let target = name.map(str::to_owned);
        resolve(
            &file,
            &BuildOptions {
                target,
                ..BuildOptions::default()
            },
        )
        .target
    };
    assert_eq!(target(None), Some(2));
    assert_eq!(target(Some("TWO")), Some(1));
    assert_eq!(target(Some("0")), Some(0));
    assert_eq!(target(Some("3")), None);
    assert_eq!(target(Some("none")), None);
    assert_eq!(
        resolve(&dockerfile("# empty\n"), &BuildOptions::default()).target,
        None
    );
}

#[test]
fn triggers_of_a_local_parent_run_first_in_the_child_and_only_there() {
    let text = "FROM a AS p\nONBUILD COPY . /x\nONBUILD RUN make\nRUN own\nFROM p AS c\nRUN child\nFROM c\nRUN grandchild\n";
    let file = dockerfile(text);
    let stages = resolve(&file, &BuildOptions::default());
    let words = |index: usize| -> Vec<(Keyword, bool)> {
        let steps = stages.steps(index);
        steps
            .map(|step| (step.instruction.keyword, step.trigger.is_some()))
            .collect()
    };
    assert_eq!(
        words(1),
        [
            (Keyword::Copy, true),
            (Keyword::Run, true),
            (Keyword::Run, false)
        ]
    );
    assert_eq!(words(2), [(Keyword::Run, false)]);
}

/// The value of `$V` behind the last instruction of a stage on a base with that environment.
fn last(text: &str, environment: &[(&str, &str)], options: &BuildOptions) -> Variable {
    let file = dockerfile(text);
    let stages = resolve(&file, options);
    let environment = environment.iter();
    let environment = environment.map(|(name, value)| (*name, Known::Known((*value).to_owned())));
    let mut scope = Scope::new(&stages, environment, None);
    for step in stages.steps(0) {
        match step.instruction.keyword {
            Keyword::Arg => scope.declare(&step.instruction.arguments),
            Keyword::Env => drop(scope.set(&step.instruction.arguments)),
            _ => {}
        }
    }
    scope.variable("V")
}

#[test]
fn arguments_and_environment_share_one_scope() {
    let plain = BuildOptions::default();
    let set = |text: &str| Variable::Set(text.to_owned());
    let table = [
        ("FROM a\nARG V=1\nENV V=2\n", set("2")),
        ("FROM a\nENV V=1\nARG V=2\n", set("2")),
        ("FROM a\nENV V=1\nARG V\n", set("1")),
        ("FROM a\nARG A=x\nENV V=${A}y\n", set("xy")),
        ("FROM a\nENV A=old\nENV A=new V=$A\n", set("old")),
        ("FROM a\nENV V the rest\n", set("the rest")),
        ("FROM a\nENV V=\"a b\"'$c'\\ d\n", set("a b$c d")),
        ("FROM a\nENV V=$P:/x\n", set("/base:/x")),
        ("ARG V=global\nFROM a\n", Variable::Unset),
        ("ARG V=global\nFROM a\nARG V\n", set("global")),
        ("ARG V=global\nFROM a\nARG V=own\n", set("own")),
    ];
    for (text, expected) in table {
        assert_eq!(last(text, &[("P", "/base")], &plain), expected, "{text}");
    }
    let given = BuildOptions {
        build_args: vec![("V".into(), Some("given".into()))],
        ..plain.clone()
    };
    assert_eq!(last("FROM a\nARG V=own\n", &[], &given), set("given"));
    assert_eq!(last("FROM a\nENV V=own\n", &[], &given), set("own"));
    assert_eq!(last("FROM a\nRUN x\n", &[], &given), Variable::Unset);
    assert!(matches!(
        last("FROM a\nARG V\n", &[], &plain),
        Variable::NotGiven(_)
    ));
    assert!(matches!(
        last("FROM a\nARG V\nENV V=$V\n", &[], &plain),
        Variable::Unknown(_)
    ));
}

#[test]
fn doubling_values_end_in_ignorance_not_in_memory() {
    let mut text = String::from("FROM a\nENV V=xxxxxxxxxxxxxxxx\n");
    for _ in 0..200 {
        text.push_str("ENV V=$V$V\n");
    }
    assert!(matches!(
        last(&text, &[], &BuildOptions::default()),
        Variable::Unknown(_)
    ));
}
