FROM golang:1.25-alpine AS build
WORKDIR /src
COPY go.mod main.go ./
RUN CGO_ENABLED=0 go build -o /demo/app .

FROM gcr.io/distroless/static-debian12
COPY --from=build /demo/app /demo/app
CMD ["/demo/app", "--listen", ":8080"]
