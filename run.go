package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/content-creator/content-creator-api/collect"
	"github.com/content-creator/content-creator-api/config"
	"github.com/content-creator/content-creator-api/jobs"
	"github.com/content-creator/content-creator-api/ledger"
	"github.com/content-creator/content-creator-api/llm"
	"github.com/content-creator/content-creator-api/research"
	"github.com/content-creator/content-creator-api/server"
	"github.com/content-creator/content-creator-api/store"
)

// Exit codes.
const (
	exitOK = iota
	exitFailure
	exitUsage
)

const usage = `Usage: content-creator <command> [--setting=value …]

  serve                      API, workers and schedule in one process (--workers=false: the API alone)
  work                       workers and schedule alone
  migrate up|down|status     bring the schema up to date, take back the last step (down --all: everything), show it
  keys create <name> <scope> [<scope> …]    make an API key; scopes are read, write and admin
  keys list                  show the keys
  keys revoke <id>           make a key stop working
  sign-in                    print a link that signs in to the console once, within a day
  healthcheck                ask the server at ADDR how it is; for containers
  version                    show the version

Settings are environment variables, or flags of the same name: ADDR is --addr.
`

// process is what a run gets from the operating system.
type process struct {
	args, environ []string
	out, log      io.Writer
}

// run is the whole program. It returns the exit code.
func run(ctx context.Context, p process) int {
	help, args := takeFlag(p.args, "--help", "-help", "-h")
	all, args := takeFlag(args, "--all")
	c, rest, err := config.Load(args, p.environ)
	if help || len(rest) > 0 && rest[0] == "help" {
		p.help(c)
		return exitOK
	}
	if err != nil {
		p.report(fmt.Errorf("the settings are not valid:\n%w", err))
		return exitUsage
	}
	if len(rest) == 0 {
		p.help(c)
		return exitUsage
	}
	a := &app{process: p, config: c, level: &slog.LevelVar{}}
	a.logger = a.newLogger()
	return a.command(ctx, rest[0], rest[1:], all)
}

// help prints how to use the program, and every setting with the value it has.
func (p process) help(c config.Config) {
	_, _ = fmt.Fprint(p.out, usage, "\n")
	for _, e := range c.Entries() {
		_, _ = fmt.Fprintf(p.out, "  %-21s %s [%s]\n", e.Name, e.Help, e.Value)
	}
}

// takeFlag removes a flag that is no setting.
func takeFlag(args []string, names ...string) (found bool, rest []string) {
	for _, arg := range args {
		if slices.Contains(names, arg) {
			found = true
			continue
		}
		rest = append(rest, arg)
	}
	return found, rest
}

// An app is one run with its settings.
type app struct {
	process
	config config.Config
	level  *slog.LevelVar
	logger *slog.Logger
}

func (a *app) newLogger() *slog.Logger {
	level, _ := config.ParseLevel(a.config.LogLevel) // checked on loading
	a.level.Set(level)
	options := &slog.HandlerOptions{Level: a.level}
	if a.config.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(a.log, options))
	}
	return slog.New(slog.NewTextHandler(a.log, options))
}

var errUsage = errors.New("there is no such command; see content-creator help")

func (a *app) command(ctx context.Context, name string, args []string, all bool) int {
	var err error
	switch {
	case all && (name != "migrate" || !slices.Equal(args, []string{"down"})):
		err = errUsage
	case name == "serve" && len(args) == 0:
		err = a.serve(ctx)
	case name == "work" && len(args) == 0:
		err = a.work(ctx)
	case name == "migrate" && len(args) == 1:
		err = a.withDatabase(ctx, func(ctx context.Context, dsn string) error { return a.migrate(ctx, dsn, args[0], all) })
	case name == "keys" && len(args) > 0:
		err = a.besideServe(ctx, func(ctx context.Context, s *store.Store) error { return a.keys(ctx, s, args) })
	case name == "sign-in" && len(args) == 0:
		err = a.besideServe(ctx, a.signIn)
	case name == "healthcheck" && len(args) == 0:
		err = a.healthcheck(ctx)
	case name == "version" && len(args) == 0:
		_, err = fmt.Fprintln(a.out, version)
	default:
		err = errUsage
	}
	if err == nil {
		return exitOK
	}
	a.report(err)
	if errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitFailure
}

// grace is how long requests and jobs may take to finish once the process is told to stop.
const grace = 20 * time.Second

// serve answers requests and, unless told otherwise, works jobs.
func (a *app) serve(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.Addr)
	if err != nil {
		return fmt.Errorf("ADDR: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return a.withStore(ctx, func(ctx context.Context, s *store.Store) error {
		key, err := a.firstKey(ctx, s)
		if err != nil {
			return err
		}
		code := ""
		if key != "" {
			if code, err = s.CreateSignInCode(ctx, signInWithin); err != nil {
				return err
			}
		}
		polls := a.config.PollConcurrency
		if !a.config.Workers {
			polls = 0
		}
		return a.answer(ctx, s, listener, polls, func() { a.welcome(listener.Addr(), key, code) })
	})
}

// work works jobs; at WORK_ADDR, if there is one, it answers as serve does, for its own health and metrics.
func (a *app) work(ctx context.Context) error {
	var listener net.Listener
	if a.config.WorkAddr != "" {
		var err error
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.WorkAddr); err != nil {
			return fmt.Errorf("WORK_ADDR: %w", err)
		}
		defer func() { _ = listener.Close() }()
	}
	return a.withStore(ctx, func(ctx context.Context, s *store.Store) error {
		return a.answer(ctx, s, listener, a.config.PollConcurrency, func() {
			told := []any{"polls_at_once", a.config.PollConcurrency}
			if listener != nil {
				told = append(told, "addr", listener.Addr().String())
			}
			a.logger.Info("working", told...)
		})
	})
}

// answer works jobs, polling so many sources at once, and answers requests at the listener, if there is one, until ctx ends.
func (a *app) answer(ctx context.Context, s *store.Store, listener net.Listener, polls int, started func()) error {
	registry := newRegistry()
	queue, err := a.newJobs(s, registry, polls)
	if err != nil {
		return err
	}
	// What ends before the database must outlive the requests that use it.
	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	group, groupCtx := errgroup.WithContext(serving)
	if listener != nil {
		srv, err := server.New(serving, server.Config{
			Store: s, Jobs: queue, Hosts: a.hosts(s), Logger: a.logger, LogLevel: a.level, Registry: registry, Version: version,
			Settings: a.config, Now: time.Now,
		})
		if err != nil {
			return err
		}
		group.Go(func() error { srv.Run(groupCtx); return nil })
		group.Go(func() error { return srv.Serve(groupCtx, listener, grace) })
	} else {
		group.Go(func() error { <-groupCtx.Done(); return nil })
	}
	if err := queue.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the workers: %w", err)
	}
	started()
	err = group.Wait()
	return errors.Join(err, a.stopJobs(queue))
}

func (a *app) newJobs(s *store.Store, registry *prometheus.Registry, polls int) (*jobs.Client, error) {
	fetching := collect.Config{UserAgent: a.config.FetchUserAgent, AllowCIDRs: a.config.FetchAllowCIDRs}
	if hosts := a.hosts(s); hosts.Default > 0 {
		fetching.Turns = hosts
	}
	fetcher := collect.NewFetcher(fetching)
	var pages *collect.Pages
	if a.config.FetchArticles {
		pages = collect.NewPages(fetcher, time.Now)
	}
	return jobs.New(jobs.Config{
		Store: s, Collectors: collect.All(fetcher, a.services(), time.Now), Pages: pages, Logger: a.logger, Metrics: registry, Polls: polls, Now: time.Now,
		Poster:   collect.NewPoster(collect.Config{UserAgent: a.config.FetchUserAgent, AllowCIDRs: a.config.FetchAllowCIDRs}),
		Backends: a.backends(), Model: a.model(), Reranker: a.reranker(),
		Discoverer: collect.NewDiscoverer(fetcher, time.Now, a.config.YouTubeBaseURL, a.config.GitHubBaseURL),
	})
}

// hosts are the budgets of sites. Some are strict where nobody has signed in.
func (a *app) hosts(s *store.Store) store.HostBudget {
	// Reddit holds anonymous readers to about one request a minute, applications to a hundred.
	reddit := 1. / 60
	if a.config.RedditClientID != "" {
		reddit = 1.5
	}
	return store.HostBudget{Store: s, Default: a.config.HostRequestsPerSecond, Now: time.Now, Rates: map[string]float64{"reddit.com": reddit}}
}

// services are the outside services as the settings name them.
func (a *app) services() collect.Services {
	c := a.config
	return collect.Services{
		RedditURL: c.RedditBaseURL, RedditOAuthURL: c.RedditOAuthBaseURL, RedditTokenURL: c.RedditTokenURL,
		RedditClientID: c.RedditClientID, RedditClientSecret: string(c.RedditClientSecret), RedditUserAgent: c.RedditUserAgent,
		TrendsURL: c.TrendsBaseURL, AutocompleteURL: c.AutocompleteBaseURL, GoogleNewsURL: c.GoogleNewsBaseURL, BingNewsURL: c.BingNewsBaseURL,
		TheNewsAPIURL: c.TheNewsAPIBaseURL, TheNewsAPIKey: string(c.TheNewsAPIKey),
	}
}

// model is the language model of the settings; nil where there is none.
func (a *app) model() *llm.Client {
	c := a.config
	if !c.On("llm") {
		return nil
	}
	return llm.New(llm.Config{
		BaseURL: c.LLMBaseURL, APIKey: string(c.LLMAPIKey), Model: c.LLMModel, ContextTokens: c.LLMContextTokens,
		Price: ledger.Price{PerInput: c.LLMInputUSD.Micro(), PerOutput: c.LLMOutputUSD.Micro()},
	})
}

// backends are the search backends of the settings, without the own archive.
func (a *app) backends() []research.Backend {
	c := a.config
	return research.Backends(research.Services{
		SearXNGURL: c.SearXNGBaseURL,
		TavilyURL:  c.TavilyBaseURL, TavilyKey: string(c.TavilyAPIKey), TavilyPrice: c.TavilyUSD.Micro(),
		BraveURL: c.BraveBaseURL, BraveKey: string(c.BraveAPIKey), BravePrice: c.BraveUSD.Micro(),
		TheNewsAPIURL: c.TheNewsAPIBaseURL, TheNewsAPIKey: string(c.TheNewsAPIKey),
		GeminiURL: c.GeminiBaseURL, GeminiKey: string(c.GeminiAPIKey), GeminiModel: c.GeminiModel,
		GeminiPrice: ledger.Price{PerRequest: c.GeminiUSD.Micro(), PerInput: c.GeminiInputUSD.Micro(), PerOutput: c.GeminiOutputUSD.Micro()},
	})
}

// reranker is the rerank endpoint of the settings; nil where there is none.
func (a *app) reranker() *research.Reranker {
	c := a.config
	if !c.On("rerank") {
		return nil
	}
	return research.NewReranker(research.RerankService{
		BaseURL: c.RerankBaseURL, Key: string(c.RerankAPIKey), Model: c.RerankModel,
		Price: ledger.Price{PerInput: c.RerankInputUSD.Micro(), PerRequest: c.RerankUSD.Micro()},
	})
}

func (a *app) stopJobs(queue *jobs.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := queue.Stop(ctx); err != nil {
		return fmt.Errorf("stop the workers: %w", err)
	}
	return nil
}

func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// firstKey makes sure that an admin key works. It answers the key if it was made now.
func (a *app) firstKey(ctx context.Context, s *store.Store) (string, error) {
	if a.config.AdminAPIKey != "" {
		return "", s.SetEnvironmentKey(ctx, string(a.config.AdminAPIKey))
	}
	var key string
	// A key that could not be kept must not exist: nobody would ever see it, and no other would be made.
	err := s.InTx(ctx, func(ctx context.Context) (err error) {
		if key, err = s.FirstAPIKey(ctx); err != nil || key == "" {
			return err
		}
		dir, err := a.dataDir()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "admin.key"), []byte(key+"\n"), 0o600); err != nil {
			return fmt.Errorf("keep the first key: %w", err)
		}
		return nil
	})
	return key, err
}

// welcome prints where everything is, and the key and a sign-in link if this is the first start.
func (a *app) welcome(addr net.Addr, key, code string) {
	base := "http://" + reachable(addr.String())
	_, _ = fmt.Fprintf(a.out, "\nContent Creator API %s\n\n  Console      %s/\n  API          %s/api/v1\n  Swagger UI   %s/docs\n  Redoc        %s/redoc\n"+
		"  Job monitor  %s/monitor   (any name, the admin key as password)\n", version, base, base, base, base, base)
	if key != "" {
		dir, _ := a.dataDir()
		_, _ = fmt.Fprintf(a.out, "\n  Admin key    %s\n               shown this once; kept in %s\n", key, filepath.Join(dir, "admin.key"))
		_, _ = fmt.Fprintf(a.out, "\n  Sign in      %s/#code=%s\n               works once, within a day\n", base, code)
	}
	_, _ = fmt.Fprintln(a.out)
}

// signInWithin is for how long a sign-in link works.
const signInWithin = 24 * time.Hour

// signIn prints a link that signs in to the console of the server at ADDR.
func (a *app) signIn(ctx context.Context, s *store.Store) error {
	code, err := s.CreateSignInCode(ctx, signInWithin)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "http://%s/#code=%s\n", reachable(a.config.Addr), code)
	return err
}

// reachable is an address as a browser can open it.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

// healthcheck asks the server at ADDR how it is.
func (a *app) healthcheck(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	host, port, _ := net.SplitHostPort(a.config.Addr) // checked on loading
	if host == "" || net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/api/v1/admin/health", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not well: %s", response.Status)
	}
	return nil
}
