package server_test

import (
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestJobMonitorInABrowser sees that River's page works below our path and under our security policy.
func TestJobMonitorInABrowser(t *testing.T) {
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	require.NoError(t, err, "no browser in PATH; cure: apt-get install chromium")
	w := newWorld(t)
	job, err := w.jobs.Poll(t.Context(), uuid.New())
	require.NoError(t, err)

	ctx, stop := chromedp.NewExecAllocator(within(t, time.Minute),
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(time.Minute))
	defer stop()
	ctx, stop = chromedp.NewContext(ctx)
	defer stop()
	require.NoError(t, chromedp.Do(ctx), "start the browser")
	_, err = chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{
		"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("admin:"+w.key)),
	}})
	require.NoError(t, err)

	_, err = chromedp.Run(ctx, chromedp.Navigate(strings.TrimSuffix(w.url, "/api/v1")+"/monitor/jobs/"+job.ID.String()))
	require.NoError(t, err)
	_, err = chromedp.Run(ctx, chromedp.WaitVisible(chromedp.Search(`//*[contains(text(), "`+job.Subject.ID.String()+`")]`)))
	require.NoError(t, err, "the job's arguments are on the page")
}
