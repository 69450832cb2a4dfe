# pidone in an image: docker run --rm -v "$PWD:/work" pidone check
FROM rust:1.90-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo install --locked --path . --root /out

FROM debian:12-slim
# tini, because pidone sets no handlers, and PID 1 without one is deaf; git for --changed-since.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git tini \
 && rm -rf /var/lib/apt/lists/* \
 && git config --system --add safe.directory /work
COPY --from=build /out/bin/pidone /usr/local/bin/pidone
WORKDIR /work
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/pidone"]
CMD ["check"]
