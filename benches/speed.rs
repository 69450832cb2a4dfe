//! How long a Dockerfile, a script and a whole check take: `cargo bench`.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pidone::analyze::{Options, analyze};
use pidone::source::{Disk, Mapped, MemoryDisk, Source};
use pidone::{dockerfile, rules, shell};

const SCRIPT: &str = include_str!("../examples/05-tini/start.sh");
const DOCKERFILE: &str = include_str!("../examples/05-tini/script.Dockerfile");

fn parsers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for copies in [1, 100] {
        let text = DOCKERFILE.repeat(copies);
        group.throughput(Throughput::Bytes(text.len() as u64));
        let source = Source::new("Dockerfile", text);
        group.bench_with_input(
            BenchmarkId::new("dockerfile", copies),
            &source,
            |b, source| {
                b.iter(|| dockerfile::parse(black_box(source)));
            },
        );
        let text = SCRIPT.repeat(copies);
        group.throughput(Throughput::Bytes(text.len() as u64));
        let source = Source::new("start.sh", text);
        group.bench_with_input(BenchmarkId::new("script", copies), &source, |b, source| {
            let whole = || Mapped::whole(source);
            b.iter_batched(
                whole,
                |text| shell::parse(black_box(text)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// From the text to findings; the walk through the script is nearly all of it.
fn check(criterion: &mut Criterion) {
    let disk = MemoryDisk::new()
        .file("svc/Dockerfile", DOCKERFILE)
        .script("svc/start.sh", SCRIPT)
        .script(
            "svc/app",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0".to_vec(),
        );
    let disk: Arc<dyn Disk> = Arc::new(disk);
    criterion.bench_function("check", |b| {
        b.iter(|| {
            let path = Path::new("svc/Dockerfile");
            let analysis = analyze(&disk, path, "svc/Dockerfile", &Options::default());
            let targets = analysis
                .map(|analysis| analysis.targets)
                .unwrap_or_default();
            targets.iter().flat_map(rules::check).count()
        });
    });
}

criterion_group!(benches, parsers, check);
criterion_main!(benches);
