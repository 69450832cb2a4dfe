FROM golang:1.25-alpine AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -o /demo/app .

FROM ubuntu:22.04
COPY --from=build /demo/app /demo/app
ENV LISTEN=:8080
CMD ["/demo/app", "--listen", "$LISTEN"]
