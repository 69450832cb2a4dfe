FROM golang:1.25-alpine AS build
WORKDIR /demo
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -o app .
FROM debian:12-slim
WORKDIR /demo
COPY --from=build /demo/app ./
CMD ["./app", "--listen", ":8080"]
