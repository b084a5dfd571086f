//go:build race

package analysis

// raced: the race detector makes everything some ten times slower; tests that
// repeat one thing over many inputs then take fewer of them.
const raced = true
