package collect

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGuardAddresses(t *testing.T) {
	t.Parallel()
	refused := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "100.100.100.200",
		"127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "169.254.170.2", "168.63.129.16",
		"172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255",
		"198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe", "::ffff:0:127.0.0.1", "::127.0.0.1", "::8.8.8.8",
		"64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "100::1", "100:0:0:1::1",
		"2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
		"2002:7f00:1::1", "2002:a00:1::", "3fff::1", "4000::1", "5f00::1",
		"fc00::1", "fd00:ec2::254", "fd12:3456:789a::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
		"2600::5efe:10.0.0.1", "2600::200:5efe:127.0.0.1", "2a00:1450::5efe:8.8.8.8",
	}
	for _, address := range refused {
		err := guard{}.check(netip.MustParseAddr(address))
		require.Error(t, err, address)
		assert.NotContains(t, err.Error(), address, "a refusal must not tell where a name leads")
	}
	for _, address := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1",
		"169.253.255.255", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255", "192.169.0.1", "198.17.255.255",
		"198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::200e", "2001:4860:4860::8888", "2620:fe::fe",
	} {
		assert.NoError(t, guard{}.check(netip.MustParseAddr(address)), address)
	}
}

func TestGuardAllowance(t *testing.T) {
	t.Parallel()
	g := guard{allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("64:ff9b::/96")}}
	for _, address := range []string{"10.1.2.3", "::ffff:10.1.2.3", "fd00:1::1", "64:ff9b::8.8.8.8"} {
		assert.NoError(t, g.check(netip.MustParseAddr(address)), address)
	}
	for _, address := range []string{"10.2.0.1", "127.0.0.1", "::ffff:10.2.0.1", "64:ff9b:1::1"} {
		assert.Error(t, g.check(netip.MustParseAddr(address)), address)
	}
}

// Every spelling of a local address is refused before anything is sent: a resolver might read it.
func TestGuardSpellings(t *testing.T) {
	t.Parallel()
	asked := false
	s := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	f := NewFetcher(Config{Resolver: noResolver()})
	t.Cleanup(f.Close)
	for _, host := range []string{
		"127.0.0.1", "127.0.0.1.", "2130706433", "0x7f000001", "0X7F000001", "017700000001", "0177.0.0.1", "0177.0.0.01", "0x7f.0.0.1", "0x7f.1",
		"127.1", "127.0.1", "0", "0.0.0.0", "0x0", "1.2.3.4.5", "256.1.1.1", "999999999999999999999", "0xffffffffffffffffffff", "a.0x7f",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
		"[2002:7f00:1::]", "[fe80::1%25lo]", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1",
	} {
		_, err := f.Get(context.Background(), Request{URL: "http://" + host + ":" + port + "/"})
		assert.Contains(t, []string{CodeAddressRefused, CodeInvalidURL}, fault(t, err).Code, host)
	}
	assert.False(t, asked)
}

// A name is checked by what it resolves to.
func TestGuardNames(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	f := NewFetcher(Config{})
	t.Cleanup(f.Close)
	_, err = f.Get(context.Background(), Request{URL: "http://localhost:" + port + "/secret?token=x"})
	e := fault(t, err)
	assert.Equal(t, CodeAddressRefused, e.Code)
	assert.Contains(t, e.Message, "loopback")
	assert.NotContains(t, e.Message, "127.0.0.1")
	assert.NotContains(t, e.Message, "token")
}

func TestGuardControlNeedsAnAddress(t *testing.T) {
	t.Parallel()
	assert.Error(t, guard{}.control(context.Background(), "tcp", "not an address", nil))
	assert.NoError(t, guard{}.checkHost("feeds.example.org"))
	assert.NoError(t, guard{}.checkHost("4chan.example"))
}

// noResolver fails every look-up without leaving the machine.
func noResolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}}
}
