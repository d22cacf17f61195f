package znodes

import (
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"

	"terraform-provider-zookeeper/internal/provider/session"
)

// What a plan gets for a configuration is what ignore_changes made of it: the values that the
// prior state has. data_wo is in no state, so what of it is to be ignored is simply missing
// there, as if the user had taken it out. The nodes of those secrets would be deleted.
//
// The user's own words come with the validation that a CLI asks for before it plans, in the
// same process. So they are kept, for the plan to tell the two apart.

// wordsKey is the key of the words in a session's notes.
type wordsKey struct{}

// words are what users wrote, by base_path.
type words struct {
	mu     sync.Mutex
	byBase map[string]*baseWords
}

// baseWords are those of the resources that have one base_path.
type baseWords struct {
	// written are their configurations, each as [outline] has it.
	written map[uint64]bool
	// secrets are the keys of data_wo in any of them, some tells that one has data_wo, and
	// unknown that its keys were not known in one.
	secrets       keySet
	some, unknown bool
	// versioned tells that one has data_wo_version.
	versioned bool
}

func wordsOf(s *session.Session) *words {
	w, _ := s.Notes().LoadOrStore(wordsKey{}, &words{byBase: make(map[string]*baseWords)})
	return w.(*words) //nolint:errcheck,forcetypeassert // nothing else has this key
}

var wordsSeed = maphash.MakeSeed()

// outline is a checksum of a configuration that shows whether it has been changed, and takes
// no time for many nodes: of data and data_base64 it has no more than how many they are.
func outline(config *model) uint64 {
	var h maphash.Hash
	h.SetSeed(wordsSeed)
	for _, v := range []fmt.Stringer{
		config.BasePath, config.DataWOVersion, config.ACL, config.Exclusive, config.Atomic, config.Compare, config.AdoptExisting, config.OnDestroy,
	} {
		_, _ = h.WriteString(v.String() + "\n") // it never fails
	}
	_, _ = fmt.Fprintln(&h, len(config.Data.Elements()), len(config.DataBase64.Elements()), config.DataWO.IsNull(), config.DataWO.IsUnknown())
	secrets := config.DataWO.Elements()
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		_, _ = fmt.Fprintf(&h, "%q %s\n", key, secrets[key])
	}
	return h.Sum64()
}

// noteWords keeps what a user wrote.
func noteWords(s *session.Session, config *model) {
	if config.BasePath.IsUnknown() {
		return
	}
	w := wordsOf(s)
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.byBase[config.BasePath.ValueString()]
	if b == nil {
		b = &baseWords{written: make(map[uint64]bool), secrets: make(keySet)}
		w.byBase[config.BasePath.ValueString()] = b
	}
	b.written[outline(config)] = true
	b.some = b.some || !config.DataWO.IsNull()
	b.unknown = b.unknown || config.DataWO.IsUnknown()
	b.versioned = b.versioned || !config.DataWOVersion.IsNull()
	for key := range config.DataWO.Elements() {
		b.secrets[key] = true
	}
}

// ignored returns those of the keys of secrets that a configuration lacks because
// ignore_changes has taken them out, and not the user. Where that cannot be told it is taken
// for so: a node that stays too long is no loss.
func ignored(s *session.Session, config *model, secrets keySet) keySet {
	missing := maps.Clone(secrets)
	for key := range config.DataWO.Elements() {
		delete(missing, key)
	}
	if len(missing) == 0 || config.DataWO.IsUnknown() {
		return nil
	}
	w := wordsOf(s)
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.byBase[config.BasePath.ValueString()]
	switch {
	case b == nil:
		return missing
	case b.written[outline(config)]:
		return nil
	case b.some && config.DataWO.IsNull():
		return missing // all of it
	case !b.versioned && !config.DataWOVersion.IsNull():
		// The user has taken it out, with data_wo_version, and ignore_changes keeps that.
		return missing
	}
	maps.DeleteFunc(missing, func(key string, _ bool) bool { return !b.unknown && !b.secrets[key] })
	return missing
}
