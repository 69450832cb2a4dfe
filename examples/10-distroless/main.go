// A small HTTP server that stops as a good server does: when it is told to (SIGTERM, or SIGINT from
// a terminal) it accepts no new requests, lets the running ones finish, and then ends with status 0.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", ":8080", "address to listen on")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "hello")
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Second)
		fmt.Fprintln(w, "done, and nobody cut me off")
	})
	server := &http.Server{Addr: *listen, Handler: mux, ReadHeaderTimeout: 5 * time.Second}

	failed := make(chan error, 1)
	go func() {
		log.Printf("listening on %s", *listen)
		failed <- server.ListenAndServe()
	}()

	select {
	case err := <-failed:
		log.Fatal(err)
	case <-ctx.Done():
	}

	log.Print("told to stop: finishing the running requests")
	// Less than the ten seconds that docker waits before it sends SIGKILL.
	deadline, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil && !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	log.Print("stopped in order")
}
