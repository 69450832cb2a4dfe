FROM golang:1.25-alpine AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -o /demo/app .

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends gosu && rm -rf /var/lib/apt/lists/*
COPY --from=build /demo/app /demo/app
COPY --chmod=755 app.sh /demo/app.sh
ENTRYPOINT ["gosu", "nobody"]
CMD ["/demo/app.sh"]
