package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidemark-db/tidemark"
	"github.com/tidemark-db/tidemark/attr"
	"github.com/tidemark-db/tidemark/backup"
	"github.com/tidemark-db/tidemark/clock"
	"github.com/tidemark-db/tidemark/exception"
	"github.com/tidemark-db/tidemark/schema"
)

// world is what a story takes place in.
type world struct {
	ctx    context.Context
	db     *tidemark.DB
	clock  *clock.Manual
	start  time.Time
	ofDay  bool              // times are shown as times of the day, not counted from the start
	arns   map[string]string // of backups, by the names they have in the story
	system int               // SYSTEM backups that have been given a name
}

func newWorld() *world {
	return &world{ctx: context.Background(), clock: new(clock.Manual), start: clock.Epoch, arns: make(map[string]string)}
}

// arguments are what follows a command: words, and settings such as limit=2.
type arguments struct {
	text     string
	words    []string
	settings []setting
}

type setting struct{ name, value string }

func (a arguments) word(n int) string {
	if n < len(a.words) {
		return a.words[n]
	}
	return ""
}

// after returns the word after another one.
func (a arguments) after(word string) string {
	return a.word(slices.Index(a.words, word) + 1)
}

func (a arguments) has(word string) bool { return slices.Contains(a.words, word) }

func (a arguments) get(name string) string {
	for _, s := range a.settings {
		if s.name == name {
			return s.value
		}
	}
	return ""
}

func parseArguments(text string) arguments {
	a := arguments{text: text}
	for _, f := range strings.Fields(text) {
		if name, value, ok := strings.Cut(f, "="); ok {
			a.settings = append(a.settings, setting{name, value})
		} else {
			a.words = append(a.words, f)
		}
	}
	return a
}

// run does the commands of a block and returns the lines they print.
func (w *world) run(lines []string) (out []string) {
	for _, line := range lines {
		verb, rest, _ := strings.Cut(line, " ")
		do, known := commands[verb]
		if !known {
			return append(out, "unknown command: "+verb)
		}
		printed, err := do(w, parseArguments(rest))
		var e *exception.Error
		switch {
		case errors.As(err, &e):
			printed = append(printed, fmt.Sprintf("error: %s: %s", e.Code, e.Message))
		case err != nil:
			printed = append(printed, "mistake in the story: "+err.Error())
		}
		for _, p := range printed {
			out = append(out, w.named(p))
		}
	}
	return out
}

// named replaces the ARNs of backups by their names.
func (w *world) named(text string) string {
	for name, arn := range w.arns {
		text = strings.ReplaceAll(text, arn, name)
	}
	return text
}

// arn returns the ARN of a backup by its name; what is not a name stays what it is.
func (w *world) arn(name string) string {
	if arn, ok := w.arns[name]; ok {
		return arn
	}
	return name
}

// learn gives names to the SYSTEM backups of a list: system1, system2 and so on.
func (w *world) learn(list []backup.Summary) {
	for _, s := range list {
		if s.Type == backup.System && w.named(s.ARN) == s.ARN {
			w.system++
			w.arns["system"+strconv.Itoa(w.system)] = s.ARN
		}
	}
}

// at shows a time.
func (w *world) at(t time.Time) string {
	switch {
	case w.ofDay && t.YearDay() != w.start.YearDay():
		return t.Format("2006-01-02T15:04:05.999999999")
	case w.ofDay:
		return t.Format("15:04:05.999999999")
	}
	return "+" + length(t.Sub(w.start))
}

// length shows a duration, with days, such as 35d or 1d2h0m0s.
func length(d time.Duration) string {
	const day = 24 * time.Hour
	switch rest := d % day; {
	case d < day:
		return d.String()
	case rest == 0:
		return fmt.Sprintf("%dd", d/day)
	default:
		return fmt.Sprintf("%dd%v", d/day, rest)
	}
}

// duration reads a duration that may be in days, such as 35d or 1d2h.
func duration(text string) (time.Duration, error) {
	days, rest, ok := strings.Cut(text, "d")
	if !ok {
		return time.ParseDuration(text)
	}
	n, err := strconv.Atoi(days)
	if err != nil || rest == "" {
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(rest)
	return time.Duration(n)*24*time.Hour + d, err
}

// time reads a time: one of the day of the story, or how long it is after the start. No text is no time.
func (w *world) time(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if w.ofDay {
		return time.Parse("2006-01-02 15:04:05", w.start.Format("2006-01-02 ")+text)
	}
	d, err := duration(text)
	return w.start.Add(d), err
}

// value makes a number of what looks like one, unless a key says otherwise.
func value(t *schema.Table, name, text string) attr.Value {
	if number := attr.N(text); number.Err() == nil && t.Attributes[name] != attr.TypeS {
		return number
	}
	return attr.S(text)
}

func item(t *schema.Table, settings []setting) (attr.Item, error) {
	m := make(attr.Map)
	for _, s := range settings {
		m[s.name] = value(t, s.name, s.value)
	}
	return attr.NewItem(m)
}

func key(t *schema.Table, a arguments) attr.Key {
	k := attr.Key{Partition: value(t, t.KeySchema.Partition(), a.get(t.KeySchema.Partition()))}
	if name := t.KeySchema.Sort(); name != "" {
		k.Sort = value(t, name, a.get(name))
	}
	return k
}

// shown gives an item as a story writes it, the key first.
func shown(t *schema.Table, it attr.Item) string {
	var first, rest []string
	for name, v := range it.All() {
		text, ok := v.Text()
		if !ok {
			text, ok = v.Number()
		}
		if !ok {
			text = v.String()
		}
		part := name + "=" + text
		if slices.ContainsFunc(t.KeySchema, func(e schema.KeyElement) bool { return e.Name == name }) {
			first = append(first, part)
		} else {
			rest = append(rest, part)
		}
	}
	return strings.Join(append(first, rest...), " ")
}
