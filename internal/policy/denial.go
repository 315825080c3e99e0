package policy

import (
	"slices"
	"strings"
)

// Denies reports whether the policy denies an action on a resource to everybody of an account, whatever the
// circumstances: in a statement without a condition. The account is the ARN of its root. What a policy denies to some it
// does not look at.
func (p Policy) Denies(root, action, resource string) bool {
	document, _ := read(p.String()) // in the form in which it is given back
	statements, _ := document.member("Statement")
	return slices.ContainsFunc(statements.elements, func(s value) bool {
		effect, _ := s.member("Effect")
		_, conditional := s.member("Condition")
		return effect.text == "Deny" && !conditional && s.meansAll(root) &&
			s.covers("Action", strings.ToLower(action), strings.ToLower) && s.covers("Resource", resource, strings.Clone)
	})
}

// meansAll reports whether a statement is about everybody of an account.
func (v value) meansAll(root string) bool {
	who, _ := v.member("Principal")
	if who.text == "*" {
		return true
	}
	accounts, _ := who.member("AWS")
	return slices.ContainsFunc(accounts.list(), func(v value) bool { return v.text == "*" || v.text == root })
}

// covers reports whether a statement is about a value, by the patterns of a member or of its negation.
func (v value) covers(member, text string, as func(string) string) bool {
	matches := func(v value) bool { return match(as(v.text), text) }
	if patterns, given := v.member(member); given {
		return slices.ContainsFunc(patterns.list(), matches)
	}
	others, _ := v.member("Not" + member)
	return !slices.ContainsFunc(others.list(), matches)
}

func (v value) member(name string) (found value, given bool) {
	i := slices.IndexFunc(v.members, func(m member) bool { return m.name == name })
	if i < 0 {
		return value{}, false
	}
	return v.members[i].value, true
}

// list returns the elements of a list, of which one alone may stand for itself.
func (v value) list() []value {
	if v.kind == '"' {
		return []value{v}
	}
	return v.elements
}

// match reports whether a pattern, in which * stands for any text and ? for any byte, is that of a text.
func match(pattern, text string) bool {
	star, from := -1, 0 // the last * and what it stands for so far
	p := 0
	for t := 0; t < len(text); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
