package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// The yardstick: Miniflux fetches the same feeds for the first time, in a database of its own on the same server, with as
// many workers. It gets its feeds by OPML, which asks nobody, and is then told to refresh them all.

const minifluxUser, minifluxPassword = "admin", "only-for-this-run"

func (l *load) miniflux(ctx context.Context, table *tabwriter.Writer, program string) error {
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	const database = "load_miniflux"
	for _, q := range []string{"drop database if exists " + database, "create database " + database} {
		if _, err := l.pool.Exec(ctx, q); err != nil {
			return err
		}
	}
	at := l.pool.Config().ConnConfig
	// Its driver does without TLS only where it is told to.
	dsn := fmt.Sprintf("host='%s' port=%d user='%s' password='%s' dbname=%s sslmode=disable", at.Host, at.Port, at.User, at.Password, database)
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	address, err := freeAddress()
	if err != nil {
		return err
	}

	command := exec.CommandContext(ctx, program)
	command.Env = append(os.Environ(), "DATABASE_URL="+dsn, "RUN_MIGRATIONS=1", "CREATE_ADMIN=1", "ADMIN_USERNAME="+minifluxUser,
		"ADMIN_PASSWORD="+minifluxPassword, "LISTEN_ADDR="+address, "WORKER_POOL_SIZE="+strconv.Itoa(*concurrency),
		"DATABASE_MAX_CONNS="+strconv.Itoa(*concurrency+10), "DISABLE_SCHEDULER_SERVICE=1", "FETCHER_ALLOW_PRIVATE_NETWORKS=1", "LOG_LEVEL=warning")
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return err
	}
	defer func() { _ = command.Process.Kill(); _ = command.Wait() }()
	api := "http://" + address
	for ask(ctx, http.MethodGet, api+"/healthcheck", "") != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("miniflux does not start: %w", ctx.Err())
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := ask(ctx, http.MethodPost, api+"/v1/import", l.subscriptions()); err != nil {
		return err
	}

	proc := fmt.Sprintf("/proc/%d/stat", command.Process.Pid)
	worker, cpu, start := processSeconds(proc), postgresSeconds(l.dir), time.Now()
	if err := ask(ctx, http.MethodPut, api+"/v1/feeds/refresh", ""); err != nil {
		return err
	}
	var entriesKept int
	for entriesKept < *feeds**entries {
		const q = `select count(*) from entries`
		if err := pool.QueryRow(ctx, q).Scan(&entriesKept); err != nil {
			return fmt.Errorf("miniflux has kept %d entries: %w", entriesKept, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	seconds := time.Since(start).Seconds()
	var size int64
	if err := pool.QueryRow(ctx, `select pg_database_size(current_database())`).Scan(&size); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(table, "miniflux, first fetch\t%.2f\t%.0f\t%.0f\t\t%d\t%.1f\t%.1f\t%d\t\t\n", seconds, float64(*feeds)/seconds,
		float64(entriesKept)/seconds, residentMB(command.Process.Pid), processSeconds(proc)-worker, postgresSeconds(l.dir)-cpu, size>>20)
	return table.Flush()
}

// subscriptions are the site's feeds as OPML.
func (l *load) subscriptions() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><opml version="2.0"><body>`)
	for n := range *feeds {
		_, _ = fmt.Fprintf(&b, `<outline type="rss" text="Feed %d" xmlUrl="%s/feed/%d"/>`, n+1, l.site.address, n+1)
	}
	b.WriteString(`</body></opml>`)
	return b.String()
}

// ask sends a request to Miniflux; anything but a success is an error.
func ask(ctx context.Context, method, address, body string) error {
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.SetBasicAuth(minifluxUser, minifluxPassword)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s answers %s: %s", method, address, resp.Status, bytes.TrimSpace(answer))
	}
	return nil
}

// freeAddress is one of this machine where nobody listens.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}
