package oracle_test

import (
	"strings"
	"testing"

	"terraform-provider-zookeeper/chaos/history"
	"terraform-provider-zookeeper/chaos/oracle"
	"terraform-provider-zookeeper/chaos/scenario"
)

// hooks are things that happen at points of the story.
type hooks map[string]func(*story)

// theirs is a change by somebody else.
func theirs(changes ...history.Change) func(*story) {
	return func(s *story) { s.step("", foreign, changes...) }
}

// our is a change by the apply, ours one by the destroy.
func our(changes ...history.Change) func(*story) {
	return func(s *story) { s.step("", applying, changes...) }
}

func all(steps ...func(*story)) func(*story) {
	return func(s *story) {
		for _, step := range steps {
			step(s)
		}
	}
}

// first and ending change what is known of the first run, and of the end.
func first(change func(*oracle.Run)) func(*story) {
	return func(s *story) { change(&s.round.Runs[0]) }
}

func ending(change func(*oracle.Ending)) func(*story) {
	return func(s *story) { change(&s.round.Endings[0]) }
}

// An oracle that never says anything is worth nothing: each invariant is violated in a history
// made by hand, in each of the ways that there are, and is held by what is next to it.
func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		at      hooks
		without []string
		want    []string
	}{
		"all is well": {},

		// The harness sees everything.
		"a stranger to all": {
			at:   hooks{"after the apply": func(s *story) { s.step("", 99, create("/zn/nobody", "")) }},
			want: []string{"nobody knows who did this"},
		},
		"an act that is not in the history": {
			at: hooks{"in the end": func(s *story) {
				s.round.Acts = append(s.round.Acts, oracle.Act{What: scenario.TheySet, Path: "/zn/one", Zxid: 7})
			}},
			want: []string{"foreign set of /zn/one in 0x7 is not in the history"},
		},
		"an act of another node": {
			at: hooks{"after the apply": func(s *story) {
				zxid := s.step("", foreign, set("/by/quiet", "noise"))
				s.round.Acts = append(s.round.Acts, oracle.Act{What: scenario.TheySet, Path: "/zn/one", Zxid: zxid})
			}},
			want: []string{"foreign set of /zn/one in"},
		},
		"an act that is": {at: hooks{"after the apply": func(s *story) {
			zxid := s.step("", foreign, set("/by/quiet", "noise"))
			s.round.Acts = append(s.round.Acts, oracle.Act{What: scenario.TheySet, Path: "/by/quiet", Zxid: zxid})
		}}},

		"a state that was lost": {
			at:   hooks{"in the end": first(func(r *oracle.Run) { r.StateLost = true })},
			want: []string{"first has lost its state, and nothing had ended it"},
		},
		"a state that was lost by a signal": {
			at: hooks{"in the end": all(first(func(r *oracle.Run) { r.StateLost = true }), func(s *story) { fault(s, scenario.Interrupt) })},
		},

		// No foreign write is lost.
		"written over": {
			at:   hooks{"late in the apply": all(theirs(set("/zn/one", "theirs")), our(set("/zn/one", "1")))},
			want: []string{"first: set of /zn/one"},
		},
		"written over, in a second session": {
			at: hooks{
				"in the apply": func(s *story) { s.round.Runs[0].Sessions = append(s.round.Runs[0].Sessions, again) },
				"late in the apply": all(theirs(set("/zn/one", "theirs")), func(s *story) { s.open(again) }, func(s *story) {
					s.step("", again, contender("x__lock__0000000000"), set("/zn/one", "1"))
					s.close(again, true)
				}),
			},
			want: []string{"first: set of /zn/one", "without the lock"},
		},
		"ACL written over": {
			at:   hooks{"late in the apply": all(theirs(setACL("/zn/one", scenario.Marked)), our(setACL("/zn/one", scenario.Open)))},
			want: []string{"first: setACL of /zn/one"},
		},
		"deleted": {
			at:   hooks{"late in the apply": all(theirs(set("/zn/one", "theirs")), our(remove("/zn/one"), create("/zn/one", "1")))},
			want: []string{"first: delete of /zn/one"},
		},
		"made anew, alike, and deleted": {
			at: hooks{"late in the apply": all(theirs(remove("/zn/one"), create("/zn/one", "theirs")), our(remove("/zn/one")), our(create("/zn/one", "1")))},
		},
		"made anew, written, and deleted": {
			at:   hooks{"late in the apply": all(theirs(remove("/zn/one"), create("/zn/one", "")), theirs(set("/zn/one", "theirs")), our(remove("/zn/one")), our(create("/zn/one", "1")))},
			want: []string{"first: delete of /zn/one"},
		},
		"ACL of a node made anew, which had been set": {
			at:   hooks{"late in the apply": all(theirs(remove("/by/tree/a"), create("/by/tree/a", "ta")), our(setACL("/by/tree/a", scenario.Guarded)))},
			want: []string{"first: setACL of /by/tree/a"},
		},
		"ACL of a node that a resource is created for": {
			at: hooks{"in the apply": theirs(setACL("/by/tree/a", scenario.Marked))},
			// What it was given back is what it had in the story without that.
		},
		"made anew, and deleted": {
			at:   hooks{"late in the apply": all(our(set("/zn/one", "1")), theirs(remove("/zn/one"), create("/zn/one", "theirs")), our(remove("/zn/one")), our(create("/zn/one", "1")))},
			want: []string{"first: delete of /zn/one"},
		},
		"written before the apply, and seen": {
			at: hooks{"in the plan": theirs(set("/by/adopted", "new")), "after the plan": theirs(setACL("/by/tree", scenario.Marked))},
			// What it was given back is what it had in the story without that.
		},
		"written, and left":                       {at: hooks{"late in the apply": all(theirs(set("/zn/json", `{"b":2, "a":1}`)))}},
		"taken over as it is found":               {at: hooks{"in the apply": theirs(set("/by/adopted", "newer"))}},
		"below a node that is destroyed by force": {at: hooks{"in the destroy": all(theirs(create("/zn/forced/x", "")), func(s *story) { s.step("", finishing, remove("/zn/forced/x")) })}},
		"below one that is not": {
			at:   hooks{"in the destroy": all(theirs(create("/zn/one/x", "")), func(s *story) { s.step("", finishing, remove("/zn/one/x")) })},
			want: []string{"last: delete of /zn/one/x", "last has deleted /zn/one/x, which nobody has declared"},
		},

		// Old or new.
		"half made":    {at: hooks{"in the apply": our(create("/zs", ""), create("/zs/a", "a1"))}, want: []string{"below /zs are neither"}},
		"half written": {at: hooks{"late in the apply": all(our(set("/zs/a", "a2")), our(set("/zs/a", "a1")))}, want: []string{"below /zs are neither"}},
		"half removed": {at: hooks{"in the destroy": func(s *story) { s.step("", finishing, remove("/zs/b")) }}, want: []string{"below /zs are neither"}},
		"half written, after an import": {at: hooks{
			"late in the apply": all(our(set("/zs/a", "a2")), our(set("/zs/a", "a1"))),
			"in the end": all(func(s *story) { fault(s, scenario.KillBoth) },
				ending(func(e *oracle.Ending) { e.Imports = []oracle.Import{{Base: "/zs", Path: "/zs/a"}} })),
		}},
		"somebody else has written":   {at: hooks{"late in the apply": theirs(set("/zs/a", "theirs"))}, want: []string{"/zs/a does not hold"}},
		"written, with the other one": {at: hooks{"after the apply": second}},

		// The state tells the truth.
		"never at rest": {
			at:   hooks{"in the end": ending(func(e *oracle.Ending) { e.Applies, e.Why = 0, "it plans on" })},
			want: []string{"it plans on"},
		},
		"not there": {
			at:   hooks{"late in the apply": all(theirs(remove("/zn/one")))},
			want: []string{"/zn/one is not there, which zookeeper_znode.one declares"},
		},
		"other data":   {at: hooks{"after the apply": theirs(set("/zn/one", "other"))}, want: []string{"the plan is empty, and /zn/one does not hold"}},
		"other JSON":   {at: hooks{"after the apply": theirs(set("/zn/json", `{"a":1}`))}, want: []string{"the plan is empty, and /zn/json does not hold"}},
		"no JSON":      {at: hooks{"after the apply": theirs(set("/zn/json", `{`))}, want: []string{"the plan is empty, and /zn/json does not hold"}},
		"other limits": {at: hooks{"after the apply": theirs(set(limitNode, "count=1,bytes=1"))}, want: []string{"the plan is empty, and " + limitNode + " does not hold"}},
		"no limits":    {without: []string{"limit"}, want: []string{"first ended well, and " + limitNode + " is not there", "the plan is empty, and " + limitNode + " is not there"}},
		"limits written over": {
			at:   hooks{"late in the apply": all(theirs(set(limitNode, "count=1,bytes=1")), our(set(limitNode, limits.String())))},
			want: []string{"first: set of " + limitNode},
		},
		"a quota that counts on": {without: []string{"stop counting"}, want: []string{statsNode + ", which first had created", quotaNode + ", which first had created", scenario.QuotaNodes + "/by, which first had created"}},
		"other ACL":              {at: hooks{"after the apply": theirs(setACL("/zn/one", scenario.Marked))}, want: []string{"the plan is empty, and /zn/one does not have the ACL"}},
		"other ACL below":        {at: hooks{"after the apply": theirs(setACL("/by/tree/a", scenario.Marked))}, want: []string{"the plan is empty, and /by/tree/a does not have the ACL"}},
		"not exclusive":          {at: hooks{"after the apply": theirs(create("/zx/theirs", "")), "in the destroy": theirs(remove("/zx/theirs"))}, want: []string{"/zx/theirs is there, below the exclusive"}},
		"imported for no reason": {
			at:   hooks{"in the end": ending(func(e *oracle.Ending) { e.Imports = []oracle.Import{{Path: "/zn/one"}} })},
			want: []string{"/zn/one had to be imported, and no killed run had created it"},
		},
		"imported, and made as a parent": {
			at: hooks{"in the end": all(
				first(func(r *oracle.Run) { r.Code = 1 }), ending(func(e *oracle.Ending) { e.Imports = []oracle.Import{{Path: "/en", After: 1}} }),
			)},
		},
		"imported, and made as a parent, and all was well": {
			at:   hooks{"in the end": ending(func(e *oracle.Ending) { e.Imports = []oracle.Import{{Path: "/en", After: 1}} })},
			want: []string{"/en had to be imported"},
		},
		"imported, and made as a parent, and in the state since": {
			at: hooks{"in the end": all(
				first(func(r *oracle.Run) { r.Code, r.Owned = 1, map[string]int64{"/en": 0} }),
				ending(func(e *oracle.Ending) { e.Imports = []oracle.Import{{Path: "/en", After: 1}} }),
			)},
			want: []string{"/en had to be imported"},
		},
		"imported, as a replacement was told to need": {
			at: hooks{"in the end": all(manyFirst(true, unanswered), ending(func(e *oracle.Ending) {
				e.Imports = []oracle.Import{{Address: "zookeeper_znodes.many", Base: "/zs", Path: "/zs/a", After: 1}}
			}))},
		},
		"imported, and another was told": {
			at: hooks{"in the end": all(manyFirst(true, strings.ReplaceAll(unanswered, "many", "other")), ending(func(e *oracle.Ending) {
				e.Imports = []oracle.Import{{Address: "zookeeper_znodes.many", Base: "/zs", Path: "/zs/a", After: 1}}
			}))},
			want: []string{"/zs/a had to be imported"},
		},
		"imported, and nothing was to come first": {
			at: hooks{"in the end": all(manyFirst(false, unanswered), ending(func(e *oracle.Ending) {
				e.Imports = []oracle.Import{{Address: "zookeeper_znodes.many", Base: "/zs", Path: "/zs/a", After: 1}}
			}))},
			want: []string{"/zs/a had to be imported"},
		},
		"imported after a kill": {at: hooks{"in the end": all(
			func(s *story) { fault(s, scenario.KillProvider) },
			ending(func(e *oracle.Ending) { e.Imports = []oracle.Import{{Path: "/zn/one"}} }),
		)}},
		"imported after a kill, and in the state before": {
			at: hooks{"in the end": all(
				func(s *story) { fault(s, scenario.KillProvider) }, first(func(r *oracle.Run) { r.Owned = map[string]int64{"/zn/one": 0} }),
				ending(func(e *oracle.Ending) { e.Imports = []oracle.Import{{Path: "/zn/one", After: 1}} }),
			)},
			want: []string{"/zn/one had to be imported, and no killed run had created it"},
		},

		// A green run is done.
		"green, and not there": {
			at:      hooks{"after the apply": theirs(create("/zn/one", "1"))},
			without: []string{"create one"},
			want:    []string{"first ended well, and /zn/one is not there"},
		},
		"not there, and not green": {
			at:      hooks{"after the apply": theirs(create("/zn/one", "1")), "in the end": first(func(r *oracle.Run) { r.Code = 1 })},
			without: []string{"create one"},
		},

		"green, and another one had it before": {
			at: hooks{
				"after the apply": func(s *story) {
					s.step("", foreign, create("/zn/one", "1"))
					config := declared()
					config.Resources[0].Name = "before"
					s.round.Runs = append(s.round.Runs, oracle.Run{Name: "before", Op: scenario.Op{Command: scenario.Apply, Config: config}, Code: 1, From: 1})
				},
			},
			without: []string{"create one"},
			want:    []string{"first ended well, and /zn/one is not there"},
		},

		// Once, or named.
		"made twice":                        {at: hooks{"late in the apply": our(create("/sq/n-0000000007", "n"))}, want: []string{"/sq/n-0000000007 was created by first, is in no state, and was never named", "/sq/n-0000000007, which first had created"}},
		"made twice, and named":             {at: hooks{"late in the apply": all(our(create("/sq/n-0000000007", "n")), first(func(r *oracle.Run) { r.Output = "it is one of: \"/sq/n-0000000007\"" }))}},
		"made twice, and shown in a plan":   {at: hooks{"late in the apply": all(our(create("/sq/n-0000000007", "n")), first(func(r *oracle.Run) { r.Output = "  - path = \"/sq/n-0000000007\" -> null" }))}, want: []string{"/sq/n-0000000007 was created by first, is in no state, and was never named", "/sq/n-0000000007, which first had created"}},
		"made twice, by one who was killed": {at: hooks{"late in the apply": all(our(create("/sq/n-0000000007", "n")), func(s *story) { fault(s, scenario.KillBoth) })}},
		"somebody else's number":            {at: hooks{"late in the apply": theirs(create("/sq/n-0000000007", "n"))}},
		"none": {
			at:   hooks{"in the end": ending(func(e *oracle.Ending) { e.State = nil })},
			want: []string{`zookeeper_sequential_znode.number has "" in its state`, numbered + " was created by first, is in no state"},
		},
		"another content": {
			at:   hooks{"after the apply": theirs(set(numbered, "m"))},
			want: []string{numbered + " does not hold"},
		},

		// Under one lock.
		"without the lock":   {at: hooks{"before the lock": our(set("/by/adopted", "mine"))}, want: []string{"first has written without the lock"}},
		"behind somebody":    {at: hooks{"before the lock": theirs(contender("a__lock__0000000000"))}, want: []string{`first has written without the lock, which "a__lock__0000000000" holds`}},
		"before somebody":    {at: hooks{"in the apply": theirs(contender("a__lock__0000000005"))}},
		"after it was lost":  {at: hooks{"in the apply": theirs(remove("/lock/v__lock__0000000001"))}, want: []string{"first has written without the lock"}},
		"another one's lock": {at: hooks{"late in the apply": all(theirs(contender("a__lock__0000000005")), our(remove("/lock/a__lock__0000000005")))}, want: []string{"has deleted the contender /lock/a__lock__0000000005 of somebody else"}},

		"under a zookeeper_lock":      {at: hooks{"in the apply": first(func(r *oracle.Run) { r.Op.Config.Ephemeral = "/lock" })}},
		"without its zookeeper_lock":  {at: hooks{"in the apply": first(func(r *oracle.Run) { r.Op.Config.Ephemeral = "/lk" })}, want: []string{`first has ended well, and has written without its zookeeper_lock, which "" holds`}},
		"its zookeeper_lock was lost": {at: hooks{"in the apply": first(func(r *oracle.Run) { r.Op.Config.Ephemeral, r.Code = "/lk", 1 })}},

		// Bounds.
		"without end": {
			at:   hooks{"in the end": first(func(r *oracle.Run) { r.Outlived = true })},
			want: []string{"first had not ended after"},
		},
		"providers that stay": {
			at:   hooks{"in the end": first(func(r *oracle.Run) { r.Survivors = 1 })},
			want: []string{"first has left 1 processes behind"},
		},

		// Sessions.
		"a session that stays": {
			at:   hooks{"in the end": func(s *story) { s.round.Runs[0].Sessions = append(s.round.Runs[0].Sessions, 77) }},
			want: []string{"the session 0x4d of first was still there"},
		},
		"a session that is left to its timeout": {
			at: hooks{
				"in the check": func(s *story) {
					s.open(again)
					s.round.Runs[1].Sessions = append(s.round.Runs[1].Sessions, again)
					s.close(again, false)
				},
			},
			want: []string{"the session 0xd of check, which nothing disturbed, was left to its timeout"},
		},
		"a session that the client has never learnt of": {
			at: hooks{
				"in the check": func(s *story) {
					s.open(again)
					s.round.Runs[1].Sessions = append(s.round.Runs[1].Sessions, again)
					s.round.Runs[1].Unknown = []int64{again}
					s.close(again, false)
				},
			},
		},
		"a session that ends too late": {
			at: hooks{
				"in the check":       func(s *story) { s.open(again); s.round.Runs[1].Sessions = append(s.round.Runs[1].Sessions, again) },
				"before the destroy": func(s *story) { s.close(again, true) },
			},
			want: []string{"the session 0xd of check, which nothing disturbed, was left to its timeout"},
		},
		"a session that a fault has left to its timeout": {
			at: hooks{"late in the apply": func(s *story) {
				s.open(again)
				s.round.Runs[0].Sessions = append(s.round.Runs[0].Sessions, again)
				fault(s, scenario.CutReply)
				s.close(again, false)
			}},
		},

		// Destroyed.
		"a bystander is deleted": {
			at:   hooks{"in the destroy": func(s *story) { s.step("", finishing, remove("/by/quiet")) }},
			want: []string{"last has deleted /by/quiet, which nobody has declared", "/by/quiet is gone"},
		},
		"a bystander is written": {
			at:   hooks{"in the apply": our(set("/by/quiet", "loud"))},
			want: []string{"/by/quiet does not hold what it held before"},
		},
		"an ACL is not given back": {
			without: []string{"restore"},
			want:    []string{"/by/tree does not have the ACL that it had before", "/by/tree/a does not have the ACL that it had before"},
		},
		"an ACL whose past a killed run took with it": {
			at:      hooks{"in the end": func(s *story) { fault(s, scenario.KillCLI) }},
			without: []string{"restore"},
		},
		"somebody else's path": {
			at: hooks{
				"after the apply": theirs(remove("/en/x"), create("/en/x", "")),
			},
			want: []string{"last has deleted /en/x, which nobody has declared"},
		},
		"a declared node that somebody else has made anew": {at: hooks{"after the apply": theirs(remove("/zn/one"), create("/zn/one", "1"))}},

		// Left behind.
		"left behind":           {without: []string{"prune"}, want: []string{"/en/x, which first had created", "/en, which first had created"}},
		"many are left behind":  {without: []string{"destroy many"}, want: []string{"/zs, which first", "/zs/a, which first", "/zs/b, which first"}},
		"number is left behind": {without: []string{"destroy number"}, want: []string{numbered + ", which first had created"}},
		"left because of somebody else": {
			at:      hooks{"in the destroy": theirs(create("/en/x/theirs", ""))},
			without: []string{"prune"},
		},
		"left because somebody else has written": {
			at:      hooks{"in the destroy": theirs(set("/en/x", "theirs"))},
			without: []string{"prune"},
		},
		"left by a killed run, and in its state": {
			at: hooks{"in the end": all(
				func(s *story) { fault(s, scenario.KillBoth) }, first(func(r *oracle.Run) { r.Owned = map[string]int64{"/en/x": 0} }),
			)},
			without: []string{"prune"},
			want:    []string{"/en/x, which first had created"},
		},
		"left by two interrupts": {
			at: hooks{"in the end": all(
				func(s *story) { fault(s, scenario.Interrupt) }, func(s *story) { fault(s, scenario.InterruptCLI) },
			)},
			without: []string{"prune"},
		},
		"left by one interrupt": {
			at:      hooks{"in the end": func(s *story) { fault(s, scenario.Interrupt) }},
			without: []string{"prune"},
			want:    []string{"/en/x, which first had created", "/en, which first had created"},
		},
		"left, and told": {
			at: hooks{"in the end": func(s *story) {
				s.round.Runs[2].Output = "Warning: Path is not empty\n\n\"/en/x\" was not removed, because … So the nodes above it that it made stay too: \"/en\"."
			}},
			without: []string{"prune"},
		},
		"left, and imported for no reason": {
			at:      hooks{"in the end": ending(func(e *oracle.Ending) { e.Imports = []oracle.Import{{Base: "/en", Path: "/en/x"}} })},
			without: []string{"prune"},
			want:    []string{"/en/x had to be imported, and no killed run"},
		},
		"left, and only named": {
			at:      hooks{"in the end": func(s *story) { s.round.Runs[2].Output = "\"/en/x\" and \"/en\" are there" }},
			without: []string{"prune"},
			want:    []string{"/en/x, which first had created", "/en, which first had created"},
		},
		"left by a kill": {
			at:      hooks{"in the end": func(s *story) { fault(s, scenario.KillProvider) }},
			without: []string{"prune"},
		},
		"left, and the destroy failed": {
			at:      hooks{"in the end": all(func(s *story) { s.round.Runs[2].Code = 1 }, ending(func(e *oracle.Ending) { e.Destroyed, e.Why = 1, "it stays" }))},
			without: []string{"prune"},
			want:    []string{"the destroy in the end failed, with exit code 1:\nit stays"},
		},
		"left by a kill below a node that is declared": {
			at: hooks{"in the end": all(
				func(s *story) { fault(s, scenario.KillBoth) }, first(func(r *oracle.Run) { r.Owned = map[string]int64{"/en": 0} }), func(s *story) { s.round.Runs[2].Code = 1 },
				ending(func(e *oracle.Ending) {
					e.Destroyed, e.Why = 1, "\nError: Znode is not empty\n\n\"/en\" was not deleted, because …"
				}),
			)},
			without: []string{"prune"},
		},
		"left by a kill below another node than the destroy names": {
			at: hooks{"in the end": all(
				func(s *story) { fault(s, scenario.KillBoth) }, func(s *story) { s.round.Runs[2].Code = 1 },
				ending(func(e *oracle.Ending) {
					e.Destroyed, e.Why = 1, "\nError: Znode is not empty\n\n\"/zn/json\" was not deleted, because …"
				}),
			)},
			without: []string{"prune"},
			want:    []string{"the destroy in the end failed, with exit code 1:"},
		},
		"left by a kill, and it is not why the destroy failed": {
			at: hooks{"in the end": all(
				func(s *story) { fault(s, scenario.KillBoth) }, func(s *story) { s.round.Runs[2].Code = 1 },
				ending(func(e *oracle.Ending) {
					e.Destroyed, e.Why = 1, "\nError: Znode is not empty\n\n\"/en\" was not deleted, because …\n\nError: Something else\n"
				}),
			)},
			without: []string{"prune"},
			want:    []string{"the destroy in the end failed, with exit code 1:"},
		},
		"left by nobody who was killed, below a node that is declared": {
			at: hooks{"in the end": all(
				func(s *story) { s.round.Runs[2].Code = 1 },
				ending(func(e *oracle.Ending) {
					e.Destroyed, e.Why = 1, "\nError: Znode is not empty\n\n\"/en\" was not deleted, because …"
				}),
			)},
			without: []string{"prune"},
			want:    []string{"the destroy in the end failed, with exit code 1:"},
		},
		"above what a killed run has left":  {at: hooks{"before the destroy": leaves("/en/x/left", scenario.KillProvider)}, without: []string{"prune"}},
		"above what another run has left":   {at: hooks{"before the destroy": leaves("/en/x/left", scenario.Delay)}, without: []string{"prune"}, want: []string{"/en/x/left, which killed had created", "/en/x, which first had created", "/en, which first had created"}},
		"beside what a killed run has left": {at: hooks{"before the destroy": leaves("/zx/left", scenario.KillProvider)}, without: []string{"prune"}, want: []string{"/en/x, which first had created", "/en, which first had created"}},
		"a declared node that somebody else had written": {
			at:      hooks{"before the destroy": theirs(set("/zn/json", `{"b": 2, "a": 1}`))},
			without: []string{"destroy /zn/json"},
			want:    []string{"/zn/json, which first had created"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, tell(tt.at, tt.without...), tt.want...)
		})
	}
}

// second is a run that declares another version of a zookeeper_znodes, and goes back.
func second(s *story) {
	const session = 41
	config := declared()
	for i, r := range config.Resources {
		if r.Name == "many" {
			config.Resources[i].Nodes = map[string]scenario.Content{"a": {Data: "a2"}, "c": {Data: "c2"}}
		}
	}
	run := oracle.Run{Name: "second", Op: scenario.Op{Command: scenario.Apply, Config: config}, Sessions: []int64{session}, From: s.step("", foreign)}
	s.open(session)
	s.step("", session, contender("y__lock__0000000000"))
	s.step("", session, set("/zs/a", "a2"), remove("/zs/b"), create("/zs/c", "c2"))
	run.To = s.step("", foreign)
	s.step("", session, set("/zs/a", "a1"), create("/zs/b", "b1"), remove("/zs/c"))
	s.close(session, true)
	run.To, run.Code = s.step("", foreign), 1
	s.round.Runs = append(s.round.Runs, run)
}

// leaves is a run that creates a node and does not come to its end because of a fault.
func leaves(at string, what scenario.Act) func(*story) {
	return func(s *story) {
		const session = 42
		run := oracle.Run{
			Name: "killed", Op: scenario.Op{Command: scenario.Apply, Config: declared()}, Code: 1,
			Sessions: []int64{session}, From: s.step("", foreign), Faults: []scenario.Fault{{What: what}},
		}
		s.open(session)
		s.step("", session, contender("y__lock__0000000000"))
		s.step("", session, create(at, ""))
		s.close(session, true)
		run.To = s.step("", foreign)
		s.round.Runs = append(s.round.Runs, run)
	}
}

// What a killed run has left is counted.
func TestOrphans(t *testing.T) {
	t.Parallel()
	round := tell(hooks{"in the end": func(s *story) { fault(s, scenario.KillProvider) }}, "prune", "destroy number")
	if got := oracle.Orphans(round); got != 3 {
		t.Errorf("%d nodes are counted, want 3", got)
	}
	if got := oracle.Orphans(tell(nil, "prune")); got != 0 {
		t.Errorf("%d nodes of runs that were not killed are counted", got)
	}
}

// unanswered is what a run tells of a creation without an answer.
const unanswered = "\nError: Outcome unknown\n\n  with zookeeper_znodes.many,\n  on main.tf line 1\n\nIt was not repeated. With\ncreate_before_destroy, set adopt_existing = true before: the replacement finds\nthe nodes there.\n"

// manyFirst makes the new one of zookeeper_znodes.many come first, or not, and has the first run tell something.
func manyFirst(is bool, output string) func(*story) {
	return func(s *story) {
		s.round.Runs[0].Output = output
		for i, r := range s.round.Endings[0].Config.Resources {
			if r.Name == "many" {
				s.round.Endings[0].Config.Resources[i].First = is
			}
		}
	}
}
