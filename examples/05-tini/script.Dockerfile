FROM golang:1.25-alpine AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -o /demo/app .

FROM ubuntu:22.04
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
COPY --from=build /demo/app /demo/app
COPY --chmod=755 start.sh /demo/start.sh
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["/demo/start.sh"]
