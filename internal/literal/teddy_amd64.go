//go:build goexperiment.simd && amd64

package literal

import "simd/archsimd"

var accelerated = archsimd.X86.AVX2()

// mark sets in m the positions from at on where a window may be. Data has at least teddyReach bytes. Positions without four bytes of
// data are not marked.
func (t *teddy) mark(data []byte, at int, m []uint64) {
	for i := range t.groups {
		t.groups[i].mark(data, at, m)
	}
	archsimd.ClearAVXUpperBits()
}

func (g *teddyGroup) mark(data []byte, at int, m []uint64) {
	low0, high0 := archsimd.LoadUint8x32(&g[0][0]), archsimd.LoadUint8x32(&g[0][1])
	low1, high1 := archsimd.LoadUint8x32(&g[1][0]), archsimd.LoadUint8x32(&g[1][1])
	low2, high2 := archsimd.LoadUint8x32(&g[2][0]), archsimd.LoadUint8x32(&g[2][1])
	low3, high3 := archsimd.LoadUint8x32(&g[3][0]), archsimd.LoadUint8x32(&g[3][1])
	half := archsimd.BroadcastUint8x32(0x0f)
	zero := archsimd.BroadcastUint8x32(0)

	// look returns one bit for each position of b that may begin a window. It is written as a function of its own for the reader;
	// the compiler inlines it.
	look := func(b *[teddyReach]byte) uint64 {
		x := archsimd.LoadUint8x32((*[32]byte)(b[0:32]))
		found := low0.PermuteOrZeroGrouped(x.And(half).AsInt8x32()).
			And(high0.PermuteOrZeroGrouped(x.AsUint16x16().ShiftAllRight(4).AsUint8x32().And(half).AsInt8x32()))
		x = archsimd.LoadUint8x32((*[32]byte)(b[1:33]))
		found = found.And(low1.PermuteOrZeroGrouped(x.And(half).AsInt8x32())).
			And(high1.PermuteOrZeroGrouped(x.AsUint16x16().ShiftAllRight(4).AsUint8x32().And(half).AsInt8x32()))
		x = archsimd.LoadUint8x32((*[32]byte)(b[2:34]))
		found = found.And(low2.PermuteOrZeroGrouped(x.And(half).AsInt8x32())).
			And(high2.PermuteOrZeroGrouped(x.AsUint16x16().ShiftAllRight(4).AsUint8x32().And(half).AsInt8x32()))
		x = archsimd.LoadUint8x32((*[32]byte)(b[3:35]))
		found = found.And(low3.PermuteOrZeroGrouped(x.And(half).AsInt8x32())).
			And(high3.PermuteOrZeroGrouped(x.AsUint16x16().ShiftAllRight(4).AsUint8x32().And(half).AsInt8x32()))
		return uint64(^found.Equal(zero).ToBits())
	}

	for i := range m {
		if at+32+teddyReach > len(data) {
			// The last vectors are read from where they still fit, and the positions before the wanted ones are shifted out.
			for j := 0; j < word && at+j < len(data); j += 32 {
				from := min(at+j, len(data)-teddyReach)
				if skip := at + j - from; skip < 32 {
					m[i] |= look((*[teddyReach]byte)(data[from:])) >> skip << j
				}
			}
			at += word
			continue
		}
		b := (*[32 + teddyReach]byte)(data[at:])
		m[i] |= look((*[teddyReach]byte)(b[:])) | look((*[teddyReach]byte)(b[32:]))<<32
		at += word
	}
}
