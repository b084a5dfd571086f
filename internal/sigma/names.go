package sigma

import "hash/maphash"

// nameTable finds the number of a field by its name. It is what a map would be, but for the one look-up that each field of each event costs: a
// table at most a quarter full whose entries hold the hash, so that a name that no rule asks for, which most are, is compared with none.
type nameTable struct {
	seed  maphash.Seed
	slots []nameSlot
}

type nameSlot struct {
	hash uint64
	name string
	id   int32 // -1 in a free slot
}

func newNameTable(names []string) nameTable {
	size := 16
	for size < 4*len(names) {
		size *= 2
	}
	t := nameTable{seed: maphash.MakeSeed(), slots: make([]nameSlot, size)}
	for i := range t.slots {
		t.slots[i].id = -1
	}
	for id, name := range names {
		h := maphash.String(t.seed, name)
		i := int(h) & (size - 1)
		for t.slots[i].id >= 0 {
			i = (i + 1) & (size - 1)
		}
		t.slots[i] = nameSlot{h, name, int32(id)}
	}
	return t
}

// find gives the number of a name, or -1.
func (t *nameTable) find(name string) int32 {
	h := maphash.String(t.seed, name)
	for i := int(h) & (len(t.slots) - 1); ; i = (i + 1) & (len(t.slots) - 1) {
		s := &t.slots[i]
		if s.id < 0 || s.hash == h && s.name == name {
			return s.id
		}
	}
}
