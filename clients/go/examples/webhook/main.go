// Webhook takes webhooks at an address of this machine, and prints what each tells of.
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

	contentcreator "github.com/content-creator/content-creator-api/clients/go"
)

func main() {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/hooks\n", listener.Addr())
	http.HandleFunc("POST /hooks", receive)
	log.Fatal((&http.Server{ReadTimeout: 15 * time.Second}).Serve(listener))
}

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10<<20))
	if err != nil {
		http.Error(w, "it did not arrive whole", http.StatusBadRequest)
		return
	}
	message, err := contentcreator.VerifyWebhook(r.Header, body, os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Println(message.Type, message.Data) // what you have seen by its message.ID, leave out
	w.WriteHeader(http.StatusNoContent)
}
