# pidone in an image: docker run --rm -v "$PWD:/work" pidone check
FROM rust:1.90-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo install --locked --path . --root /out

FROM debian:12-slim
COPY --from=build /out/bin/pidone /usr/local/bin/pidone
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/pidone"]
CMD ["check"]
