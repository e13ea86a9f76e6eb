package collect

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// refusedError names the kind of address that was refused. It keeps the address itself back: a
// message must not map the inside of a network for whoever may add a source.
type refusedError struct{ what string }

func (e *refusedError) Error() string { return "refused: " + e.what }

// A guard decides which addresses may be dialled.
type guard struct{ allow []netip.Prefix }

// specialNets are the networks that are no host of the public internet, the narrower first.
// https://www.iana.org/assignments/iana-ipv4-special-registry and ...-ipv6-special-registry.
var specialNets = []struct {
	net  netip.Prefix
	what string
}{
	{netip.MustParsePrefix("169.254.169.254/32"), "the address of a cloud's metadata"},
	{netip.MustParsePrefix("168.63.129.16/32"), "the address of a cloud's metadata"},
	{netip.MustParsePrefix("100.100.100.200/32"), "the address of a cloud's metadata"},
	{netip.MustParsePrefix("192.0.0.192/32"), "the address of a cloud's metadata"},
	{netip.MustParsePrefix("fd00:ec2::254/128"), "the address of a cloud's metadata"},
	{netip.MustParsePrefix("0.0.0.0/8"), "an unspecified address"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), "a carrier's shared address"},
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address"},
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved address"},
	{netip.MustParsePrefix("192.0.2.0/24"), "a documentation address"},
	{netip.MustParsePrefix("192.88.99.0/24"), "a tunnel's address"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address"},
	{netip.MustParsePrefix("198.18.0.0/15"), "a benchmark address"},
	{netip.MustParsePrefix("198.51.100.0/24"), "a documentation address"},
	{netip.MustParsePrefix("203.0.113.0/24"), "a documentation address"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address"},
	{netip.MustParsePrefix("::/128"), "an unspecified address"},
	{netip.MustParsePrefix("::1/128"), "a loopback address"},
	{netip.MustParsePrefix("::ffff:0:0/96"), "an IPv4 address in disguise"},
	{netip.MustParsePrefix("::ffff:0:0:0/96"), "an IPv4 address in disguise"},
	{netip.MustParsePrefix("::/96"), "an IPv4 address in disguise"},
	{netip.MustParsePrefix("64:ff9b::/96"), "an IPv4 address in disguise"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "an IPv4 address in disguise"},
	{netip.MustParsePrefix("100::/64"), "a discard address"},
	{netip.MustParsePrefix("2001::/32"), "a tunnel's address"},
	{netip.MustParsePrefix("2001::/23"), "a reserved address"},
	{netip.MustParsePrefix("2001:db8::/32"), "a documentation address"},
	{netip.MustParsePrefix("2002::/16"), "a tunnel's address"},
	{netip.MustParsePrefix("3fff::/20"), "a documentation address"},
	{netip.MustParsePrefix("fc00::/7"), "a private address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("fec0::/10"), "a private address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
}

// globalUnicast is all of IPv6 that is given out so far; the rest is refused unseen.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// check refuses what is no host of the public internet, unless it is allowed by name.
func (g guard) check(addr netip.Addr) error {
	addr = addr.WithZone("")
	for _, prefix := range g.allow {
		if prefix.Contains(addr) || prefix.Contains(addr.Unmap()) {
			return nil
		}
	}
	for _, special := range specialNets {
		if special.net.Contains(addr) {
			return &refusedError{special.what}
		}
	}
	if addr.Is4() {
		return nil
	}
	if !globalUnicast.Contains(addr) {
		return &refusedError{"a reserved address"}
	}
	// ISATAP hides an IPv4 address behind ::5efe or ::200:5efe, below any prefix.
	if b := addr.As16(); b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		return &refusedError{"a tunnel's address"}
	}
	return nil
}

// control is called with each address after DNS and before its connection, on every redirect
// anew: a name that resolves to something else the second time cannot slip past.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return &refusedError{"an address that cannot be read"}
	}
	return g.check(addr.Addr())
}

// checkHost refuses hosts that are an address in a form that systems read differently, such as
// 2130706433, 0x7f.1 or 0177.0.0.1; names and plain addresses pass and are checked when dialled.
func (g guard) checkHost(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.check(addr)
	}
	trimmed := strings.TrimSuffix(host, ".")
	last := trimmed[strings.LastIndexByte(trimmed, '.')+1:]
	if endsInNumber(last) {
		return &refusedError{"a number for a name"}
	}
	return nil
}

// endsInNumber is the WHATWG rule for a host's last label that makes it an IPv4 address.
func endsInNumber(label string) bool {
	if label != "" && strings.Trim(label, "0123456789") == "" {
		return true
	}
	if len(label) < 2 || !strings.EqualFold(label[:2], "0x") {
		return false
	}
	_, err := strconv.ParseUint("0"+label[2:], 16, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}
