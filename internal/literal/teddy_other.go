//go:build !(goexperiment.simd && amd64)

package literal

const accelerated = false

// mark is never called: without the vector filter no Set has a teddy.
func (t *teddy) mark(data []byte, at int, m []uint64) {
	panic("literal: no vector filter in this build")
}
