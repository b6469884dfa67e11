package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
)

// ids makes identifiers that look random and follow from a seed.
type ids struct{ *rand.Rand }

func newIDs(seed int64, name string) ids {
	h := fnv.New64a()
	h.Write([]byte(name))
	return ids{rand.New(rand.NewPCG(uint64(seed), h.Sum64()))}
}

func (r ids) uuid() string {
	hi, lo := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, 0x8000|lo>>50, lo&0xffffffffffff)
}

// hex returns an id in Keystone's form: 32 hexadecimal digits.
func (r ids) hex() string { return fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()) }

// mac returns the MAC of a device of a host: a locally administered one.
func (r ids) mac() string {
	n := r.Uint64()
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", n>>40&0xfc|2, n>>32&0xff, n>>24&0xff, n>>16&0xff, n>>8&0xff, n&0xff)
}

// portMAC returns the MAC of a Neutron port.
func (r ids) portMAC() string {
	n := r.Uint32()
	return fmt.Sprintf("fa:16:3e:%02x:%02x:%02x", n>>16&0xff, n>>8&0xff, n&0xff)
}

// block returns the i-th prefix of the given length, counted from the one at base.
func block(base string, bits, i int) netip.Prefix {
	b := netip.MustParseAddr(base).As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	return netip.PrefixFrom(address(n+uint32(i)<<(32-bits)), bits)
}

// nth returns the address of a prefix with the given host part.
func nth(p netip.Prefix, host int) netip.Addr {
	b := p.Addr().As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	return address(n + uint32(host))
}

func address(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
