FROM golang:1.25-alpine AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -o /demo/app .

FROM debian:12-slim
COPY --from=build /demo/app /demo/app
COPY --chmod=755 <<"EOF" /demo/start.sh
#!/bin/sh
set -e
exec /demo/app "$@"
EOF
ENTRYPOINT ["/demo/start.sh"]
CMD ["--listen", ":8080"]
