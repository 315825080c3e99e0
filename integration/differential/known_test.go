package differential_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// knownDifference is a difference between Tidemark and a peer that is as it should be.
type knownDifference struct {
	row          string                  // of docs/differences.md, by what its first cell begins with
	ops          string                  // of these alone; empty: of all operations
	at           string                  // where the answers differ; empty: at "answer", that is, that one or both refuse
	ours, theirs string                  // patterns that what they say there matches as a whole
	when         func(trial, point) bool // nil: always
}

var patterns sync.Map // by their texts: what has been compiled

// matches reports whether a pattern matches a text as a whole.
func matches(pattern, text string) bool {
	re, ok := patterns.Load(pattern)
	if !ok {
		re, _ = patterns.LoadOrStore(pattern, regexp.MustCompile(`(?s)^(?:`+pattern+`)$`))
	}
	return re.(*regexp.Regexp).MatchString(text)
}

// explains reports whether it is the difference at a point of the answers to r.
func (k *knownDifference) explains(r trial, p point) bool {
	at := k.at
	if at == "" {
		at = "answer"
	}
	return (k.ops == "" || slices.Contains(strings.Fields(k.ops), r.op)) && matches(at, p.at) &&
		matches(k.ours, p.ours) && matches(k.theirs, p.theirs) && (k.when == nil || k.when(r, p))
}

// sameNumber is a number that is written in two ways.
func sameNumber(_ trial, p point) bool {
	ours, _ := strconv.Unquote(p.ours)
	theirs, _ := strconv.Unquote(p.theirs)
	return sameValue(ours, theirs)
}

// counts returns a test of two numbers of capacity units.
func counts(as func(ours, theirs float64) bool) func(trial, point) bool {
	return func(_ trial, p point) bool {
		ours, err := strconv.ParseFloat(p.ours, 64)
		theirs, wrong := strconv.ParseFloat(p.theirs, 64)
		return err == nil && wrong == nil && as(ours, theirs)
	}
}

var (
	less   = counts(func(ours, theirs float64) bool { return theirs < ours })
	double = counts(func(ours, theirs float64) bool { return ours < theirs && theirs <= 2*ours })
)

// sends has patterns that the request matches somewhere.
func sends(patterns ...string) func(trial, point) bool {
	var all []*regexp.Regexp
	for _, p := range patterns {
		all = append(all, regexp.MustCompile(p))
	}
	return func(r trial, _ point) bool {
		body := jsonText(r.body)
		return !slices.ContainsFunc(all, func(re *regexp.Regexp) bool { return !re.MatchString(body) })
	}
}

// What refusals of Tidemark's say, as patterns.
const (
	whatever  = `.*`
	invalid   = `ValidationException: `
	oneOrMore = invalid + `One or more parameter values were invalid: `

	aViolation  = invalid + `\d+ validation errors? detected: Value .*failed to satisfy constraint: .*`
	aWrongType  = `SerializationException: .*`
	anOddNumber = `The parameter cannot be converted to a numeric value`
	otherKey    = invalid + `The provided key element does not match the schema`
	canceled    = `TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for specific ` +
		`reasons `
)

// knownDifferences are those of each peer. From Tidemark's command there is none.
var knownDifferences = map[string][]knownDifference{local: ofDynamoDBLocal, dynalite: ofDynalite, moto: ofMoto}
