package collect

import "vigie/internal/vgz"

// NewLive gives nothing on Linux: only mounted images are collected there.
func NewLive(bool) *Live { return nil }

// Facts are what the machine that collects says of itself.
func Facts(*Live) vgz.Machine { return baseFacts() }
