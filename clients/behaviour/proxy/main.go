// Proxy serves the fault-injecting proxy of the behaviour table in front of the server whose address it is given, and prints
// where. It ends with its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/content-creator/content-creator-api/clients/behaviour"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: proxy http://127.0.0.1:8080")
	}
	proxy, err := behaviour.NewProxy(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	log.Fatal(server.Serve(listener))
}
