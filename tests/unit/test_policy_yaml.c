/* test_policy_yaml.c - what is wrong with a policy's text: a row per error, with its place, what was found and
 * what was expected; limits; and texts that are broken at random. */
#include "policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Every row's text stands behind these three lines. */
static const char least[] = "workspace: w\nlast_resort: ada\npeople: { ada: {}, ben: {} }\n";

static const struct {
    const char *text;
    int line, column;
    const char *what, *expected; /* parts of what is said */
} errors_of[] = {
    /* keys and names */
    {"chanels: {}", 4, 1, "unknown key 'chanels' in the policy", "did you mean 'channels'? one of: workspace, hours"},
    {"chnanels: {}", 4, 1, "unknown key 'chnanels'", "did you mean 'channels'?"},
    {"channels: { c: { wieght: 1 } }", 4, 18, "unknown key 'wieght'", "did you mean 'weight'?"},
    {"channels: { c: { wieghtt: 1 } }", 4, 18, "unknown key 'wieghtt'", "did you mean 'weight'?"},
    {"manager: dAa", 4, 10, "no person 'dAa' is defined", "one of: ada, ben"},
    {"manager: daa", 4, 10, "no person 'daa' is defined", "did you mean 'ada'?"},
    {"manager: nbe", 4, 10, "no person 'nbe' is defined", "one of: ada, ben"},
    {"zzz: {}", 4, 1, "unknown key 'zzz'", "one of: workspace"},
    {"workspace: x", 4, 1, "'workspace' again: it is already in line 1", "each key once"},
    {"teams:\n  a: { lead: ada, members: [] }\n  a: { lead: ada, members: [] }", 6, 3, "'a' again", "each key once"},
    {"teams: { 'a b': { lead: ada, members: [] } }", 4, 10, "'a b' is no name for a team", "letters, digits"},
    {"teams: { .a: { lead: ada, members: [] } }", 4, 10, "'.a' is no name", "not beginning"},
    {"settings: { presance: 5s }", 4, 13, "unknown key 'presance' in settings", "did you mean 'presence'?"},
    {"manager: bem", 4, 10, "no person 'bem' is defined", "did you mean 'ben'? one of: ada, ben"},
    {"manager: [ada]", 4, 10, "manager of the policy is a list", "the name of a person"},
    {"manager:", 4, 1, "manager of the policy is nothing", "the name of a person"},
    {"default_team: x", 4, 15, "no team 'x' is defined", "there is none"},
    {"dry: file", 4, 6, "dry is 'file'", "log, or mail:ADDRESS"},
    {"dry: mail:nobody", 4, 6, "dry of the policy is 'nobody'", "a mail address"},
    {"mail_from: Support", 4, 12, "'Support'", "a mail address"},
    {"mail_from: \"a@b.c\\r\\nBcc: x@y.z\"", 4, 12, "mail_from", "a mail address"},
    {"links: javascript:alert(1)", 4, 8, "links", "https:// or http://"},
    {"links: https://", 4, 8, "'https://'", "https:// or http://"},
    /* hours */
    {"hours: { a: { week: { mon: ['09:00-10:00'] } } }", 4, 13, "hours 'a' lacks 'zone'", "a time zone"},
    {"hours: { a: { zone: UTC } }", 4, 13, "hours 'a' lacks 'week'", "open hours"},
    {"hours: { a: { zone: Mars/Olympus, week: { mon: ['09:00-10:00'] } } }", 4, 21, "'Mars/Olympus'",
     "Europe/Berlin or UTC"},
    {"hours: { a: { zone: ../../etc, week: { mon: ['09:00-10:00'] } } }", 4, 21, "'../../etc'", "Europe/Berlin or UTC"},
    {"hours: { a: { zone: UTC, week: { may: ['09:00-10:00'] } } }", 4, 34, "'may'", "mon-fri or sat,sun"},
    {"hours: { a: { zone: UTC, week: { 'mon,': ['09:00-10:00'] } } }", 4, 34, "'mon,'", "mon-fri or sat,sun"},
    {"hours: { a: { zone: UTC, week: { mon: ['9:00-10:00'] } } }", 4, 40, "'9:00-10:00'", "09:00-12:30"},
    {"hours: { a: { zone: UTC, week: { mon: ['09:00-25:00'] } } }", 4, 40, "'09:00-25:00'", "09:00-12:30"},
    {"hours: { a: { zone: UTC, week: { mon: ['24:00-09:00'] } } }", 4, 40, "'24:00-09:00'", "09:00-12:30"},
    {"hours: { a: { zone: UTC, week: { mon: ['09:00-09:00'] } } }", 4, 40, "'09:00-09:00'", "09:00-12:30"},
    {"hours: { a: { zone: UTC, week: { mon: '09:00-10:00' } } }", 4, 39, "week of hours 'a' is '09:00-10:00'",
     "a list of spans"},
    {"hours: { a: { zone: UTC, week: {} } }", 4, 32, "has no hours", "at least one span"},
    {"hours: { a: { zone: UTC, week: { mon: ['09:00-10:00'] }, holidays: [2026-02-29] } }", 4, 69, "'2026-02-29'",
     "2026-12-25"},
    {"hours: { a: { zone: UTC, week: { mon: ['09:00-10:00'] }, holidays: [26-12-25] } }", 4, 69, "'26-12-25'",
     "2026-12-25"},
    {"hours: { a: { zone: UTC, week: { mon: ['09:00-10:00'] }, holidays: [2026-13-01] } }", 4, 69, "'2026-13-01'",
     "2026-12-25"},
    /* channels */
    {"channels: { c: { weight: -1 } }", 4, 26, "weight of channel 'c' is '-1'", "whole number from 0"},
    {"channels: { c: { weight: 1.5 } }", 4, 26, "'1.5'", "whole number"},
    {"channels: { c: { weight: 99999999999999999999 } }", 4, 26, "'99999", "whole number"},
    {"channels: { c: { live: 1 } }", 4, 24, "live of channel 'c' is '1'", "one of: true, false"},
    {"channels: { c: { accept: true } }", 4, 26, "accept of channel 'c' is 'true'", "one of: ask, auto"},
    {"channels: { c: { answer: fax } }", 4, 26, "'fax'", "one of: mail, callback, spoken, channel, none"},
    {"channels: { c: { use: x.yaml } }", 4, 23, "use of channel 'c' is 'x.yaml', which is not in this text",
     "policy check"},
    {"channels: { c: { address: ann } }", 4, 27, "address of channel 'c' is 'ann'", "a mail address"},
    {"channels: { c: { addresses: [a@b.example, '@c.example', nobody] } }", 4, 57, "'nobody'", "@example.com"},
    {"channels: { c: { settings: [a] } }", 4, 28, "is a list", "a map of words"},
    {"channels: { c: { answer: channel } }", 4, 13, "answers by the channel itself", "out:"},
    {"channels: { c: { in: {} } }", 4, 22, "in of channel 'c' lacks 'content'", "json, form"},
    {"channels: { c: { in: { content: json, verify: none } } }", 4, 22, "says nowhere what a customer wrote", "text:"},
    {"channels: { c: { in: { content: xml, verify: none, text: a } } }", 4, 33, "'xml'",
     "json, form, multipart, query"},
    {"channels: { c: { in: { content: json, text: a } } }", 4, 22, "lacks 'verify'", "or none"},
    {"channels: { c: { in: { content: json, verify: {}, text: a } } }", 4, 47, "lacks 'secret'", "name of the file"},
    {"channels: { c: { in: { content: json, verify: { secret: s }, text: a } } }", 4, 47, "does not say which kind",
     "hmac"},
    {"channels: { c: { in: { content: json, verify: { hmac: sha1, basic: u, secret: s }, text: a } } }", 4, 47,
     "several at once", "one of hmac"},
    {"channels: { c: { in: { content: json, verify: { hmac: md5, value: v, secret: s }, text: a } } }", 4, 55, "'md5'",
     "sha256, sha1"},
    {"channels: { c: { in: { content: json, verify: { hmac: sha1, secret: s }, text: a } } }", 4, 47,
     "does not say where the signature is", "value:"},
    {"channels: { c: { in: { content: json, verify: { hmac: sha1, value: v, timestamp: '{t}', secret: s }, text: a } } "
     "}",
     4, 47, "a time stamp that is not signed", "{@timestamp}"},
    {"channels: { c: { in: { content: json, verify: { token: '{t}', secret: ../s }, text: a } } }", 4, 71, "'../s'",
     "1 to 32 letters"},
    {"channels: { c: { in: { content: json, verify: { token: '{t}', secret: '{set.s}' }, text: a } } }", 4, 13,
     "does not set 's'", "settings:"},
    {"channels: { c: { in: { content: json, verify: none, text: '{a' } } }", 4, 59, "'}' is missing", "a template"},
    {"channels: { c: { in: { content: json, verify: none, text: '{@set.x}' } } }", 4, 13, "does not set 'x'",
     "settings:"},
    {"channels: { c: { in: { content: json, verify: none, text: '{a|shout}' } } }", 4, 59, "there is no such filter",
     ""},
    {"channels: { c: { in: { content: json, verify: none, text: a, each: '{a}' } } }", 4, 68, "each of in", "a path"},
    {"channels: { c: { in: { content: json, verify: none, text: a, ignore: [{ why: w }] } } }", 4, 71, "none of them",
     "one of when, unless"},
    {"channels: { c: { in: { content: json, verify: none, text: a, call: { value: v, words: { x: busy } } } } }", 4, 92,
     "'busy'", "ringing, answered, abandoned, ended"},
    {"channels: { c: { in: { content: json, verify: none, text: a, challenge: { method: GET, when: w, answer: a } } } "
     "}",
     4, 73, "would answer anybody", "token:"},
    {"channels: { c: { in: { content: json, verify: none, text: a, answer: { status: 500 } } } }", 4, 80, "'500'",
     "from 200 to 299"},
    {"channels: { c: { use: d } }\n---\nfile: d\nweight: -1", 7, 9, "weight of 'd' is '-1'", "from 0"},
    {"channels: { c: { use: d }, e: { use: d } }\n---\nfile: d\nwaight: 1", 7, 1, "unknown key 'waight' in 'd'",
     "did you mean 'weight'"},
    {"channels: { c: { offer: 0s } }", 4, 25, "'0s'", "from 1ms to 1d"},
    {"channels: { c: { offer: 5 } }", 4, 25, "'5'", "a duration like"},
    {"channels: [c]", 4, 11, "instead of each channel by its name: a list", "a map"},
    /* teams */
    {"teams: { t: { members: [ada] } }", 4, 13, "team 't' lacks 'lead'", "accountable"},
    {"teams: { t: { lead: eve, members: [ada] } }", 4, 21, "no person 'eve' is defined (in team 't')",
     "one of: ada, ben"},
    {"teams: { t: { lead: ada, members: [ada, ben, ada] } }", 4, 35, "names 'ada' twice", "once"},
    {"teams: { t: 5 }", 4, 13, "team 't' is '5', not a map", "one of: lead, members"},
    /* rules */
    {"rules: { a: b }", 4, 8, "instead of a list of rules: a map", "a list"},
    {"rules: [{ then: {} }]", 4, 9, "rule 1 lacks 'name'", "a name"},
    {"rules: [{ name: a }]", 4, 9, "rule 'a' lacks 'then'", "team"},
    {"rules: [{ name: a, then: {} }, { name: a, then: {} }]", 4, 32, "a second rule 'a'", "once"},
    {"rules: [{ name: a, when: { channel: fax }, then: {} }]", 4, 37,
     "no channel 'fax' is defined (in when of rule 'a')", "one of: chat, phone, mail, form"},
    {"rules: [{ name: a, when: { words: card }, then: {} }]", 4, 35, "words of when of rule 'a' is 'card'", "a list"},
    {"rules: [{ name: a, when: { words: [[x]] }, then: {} }]", 4, 36, "is a list", "text of 1 to 64"},
    {"rules: [{ name: a, when: { language: German }, then: {} }]", 4, 38, "'German'", "a language like"},
    {"rules: [{ name: a, then: { team: x } }]", 4, 34, "no team 'x'", "none"},
    {"rules: [{ name: a, then: { skills: { cards: 11 } } }]", 4, 45, "'11'", "from 1 to 10"},
    {"rules: [{ name: a, then: { skills: [cards] } }]", 4, 36, "a list", "{cards: 3}"},
    {"rules: [{ name: a, then: { prefer_for: 2m } }]", 4, 9, "'prefer_for' and no 'prefer'", "a person"},
    {"rules: [{ name: a, then: { relax: [{ after: 2m }] } }]", 4, 36, "lacks 'drop'", "skills, language, team"},
    {"rules: [{ name: a, then: { relax: [{ after: 2m, drop: [all] }] } }]", 4, 56, "'all'",
     "one of: skills, language, team"},
    {"rules: [{ name: a, then: { relax: [{ after: 2m, drop: [team] }, { after: 1m, drop: [team] }] } }]", 4, 65,
     "not later", "order of time"},
    /* promises */
    {"promises: [{ when: {} }]", 4, 12, "promise 1 promises nothing", "first_response"},
    {"promises: [{ first_response: 5m, hours: x }]", 4, 41, "no calendar 'x'", "none"},
    {"promises: [{ first_response: 5m, ladder: x }]", 4, 42, "no ladder 'x'", "one of: default"},
    {"promises: [{ first_response: 5 minutes }]", 4, 30, "'5 minutes'", "did you mean '5m'? a duration like"},
    {"promises: [{ first_response: 10 s }]", 4, 30, "'10 s'", "did you mean '10s'? a duration like"},
    {"promises: [{ first_response: 1 Hour 30 min }]", 4, 30, "'1 Hour 30 min'", "did you mean '1h30m'? a"},
    {"promises: [{ first_response: 10 weeks }]", 4, 30, "'10 weeks'", "a duration like"},
    {"promises: [{ first_response: 999999999999 s }]", 4, 30, "", "a duration like"},
    {"promises: [{ first_response: 2000d }]", 4, 30, "'2000d'", "to 365d"},
    {"promises: [{ first_response: 99999999999999999999d }]", 4, 30, "'9999", "a duration"},
    {"promises: [{ first_response: 5mm }]", 4, 30, "'5mm'", "a duration"},
    {"promises: [{ first_response: 1h30 }]", 4, 30, "'1h30'", "a duration"},
    {"promises: [{ first_response: {} }]", 4, 30, "a map", "a duration"},
    /* ladders */
    {"ladders: { a: [] }", 4, 15, "ladder 'a' has 0", "1 to 32 steps"},
    {"ladders: { a: [{ tell: [owner] }] }", 4, 16, "step 1 of ladder 'a' says none of", "at: 80%"},
    {"ladders: { a: [{ at: due, after: 5m, tell: [owner] }] }", 4, 16, "says both of", "at: 80%"},
    {"ladders: { a: [{ at: 0%, tell: [owner] }] }", 4, 22, "'0%'", "1% to 100%"},
    {"ladders: { a: [{ at: 80, tell: [owner] }] }", 4, 22, "'80'", "80%"},
    {"ladders: { a: [{ at: due }] }", 4, 16, "does nothing", "tell, move or priority"},
    {"ladders: { a: [{ at: due, tell: [boss] }] }", 4, 34, "'boss'", "owner, lead, manager"},
    {"ladders: { a: [{ at: due, tell: ['person:eve'] }] }", 4, 34, "no person 'eve'", "ada, ben"},
    {"ladders: { a: [{ at: due, tell: ['team:x'] }] }", 4, 34, "no team 'x'", "none"},
    {"ladders: { a: [{ at: due, tell: owner }] }", 4, 33, "is 'owner'", "a list"},
    {"ladders: { a: [{ at: due, move: accountable }] }", 4, 33, "'accountable'", "lead, manager, person:NAME"},
    {"ladders: { a: [{ at: due, tell: [owner], times: 3 }] }", 4, 16, "'times' and no 'repeat'", "repeat"},
    {"ladders: { a: [{ at: due, tell: [owner] }, { at: 80%, tell: [owner] }] }", 4, 44,
     "step 2 of ladder 'a' is not later", "order of time"},
    {"ladders: { a: [{ after: 5m, tell: [owner] }, { after: 5m, tell: [lead] }] }", 4, 46, "not later",
     "order of time"},
    {"ladders: { a: [{ after: 5m, tell: [owner] }, { at: due, tell: [lead] }] }", 4, 46, "not later", "order of time"},
    /* templates */
    {"templates: { ofer: {} }", 4, 14, "no purpose 'ofer'", "did you mean 'offer'?"},
    {"templates: { offer: { body: 'hi {preson}' } }", 4, 29, "'preson'", "{person}"},
    {"templates: { offer: { body: 'hi {person' } }", 4, 29, "an open brace", "{{ is a brace"},
    {"templates: { offer: { subject: \"a\\nb\" } }", 4, 32, "subject of template 'offer'", "one line"},
    {"templates: { offer: { subject: '' } }", 4, 32, "subject", "1 to 160"},
    /* settings */
    {"settings: { transfers: x }", 4, 24, "'x'", "from 0 to 100"},
    {"settings: { same_customer: merge }", 4, 28, "'merge'", "one of: link, append, separate"},
    {"country: 49", 4, 10, "country is '49'", "as in \"+49\""},
    {"country: \"+0049\"", 4, 10, "country is '+0049'", "a country's calling code"},
    {"country: \"+1234\"", 4, 10, "country is '+1234'", "a country's calling code"},
    {"settings: { presence: 1ms }", 4, 23, "'1ms'", "from 100ms to 1d"},
    /* what YAML has and policies have not */
    {"manager: *x", 4, 10, "an alias", "the value itself"},
    {"manager: &x ben", 4, 10, "an anchor", "the value itself"},
    {"manager: !!str ben", 4, 10, "a tag", "the value itself"},
    {"settings: { <<: {} }", 4, 13, "a merge key", "the keys themselves"},
    {"templates:\n  offer:\n    body: |\n    Hello\n\n      {person}\n\n      bye", 7, 1, "not indented",
     "indented more"},
    {"? [a]\n: b", 4, 3, "a key that is not a word", "a word"},
    {"---\na: b", 5, 1, "a second document", "one document"},
    /* what is no YAML: tabs and indentation */
    {"\tmanager: ada", 4, 0, "a tab where a line begins", "spaces: YAML does not allow tabs"},
    {"teams:\n  \tt: {}", 5, 0, "a tab where a line begins", "spaces: YAML does not allow tabs"},
    {"teams:\n\tt: {}", 5, 0, "a tab where a line begins", "spaces: YAML does not allow tabs"},
    {"manager: ada\n\tteams: {}", 5, 0, "a tab where a line begins", "spaces: YAML does not allow tabs"},
    {"teams:\n  t:\n    lead: ada\n u: {}", 7, 2,
     "wrong indentation: this line is indented by 1 space; those above by 0, 2 or 4", "the same indentation"},
    {"teams:\n  t:\n    lead: ada\n   members: []", 7, 4, "indented by 3 spaces; those above by 0, 2 or 4",
     "the same indentation"},
    {"teams:\n  t:\n    lead: ada\n\n     members: []", 8, 6,
     "wrong indentation: this line is indented by 5 spaces; those above by 0, 2 or 4", "quotes around a text"},
    {"teams:\n  t:\n    members: []\n     lead: ada", 7, 6, "indented by 5 spaces; those above by 0, 2 or 4",
     "the same indentation"},
    {"teams:\n  t:\n    members:\n      - ada\n     - ben", 8, 6, "indented by 5 spaces; those above by 0, 2, 4 or 6",
     "all '-' of one list"},
    {"teams:\n  t:\n    members:\n      - ada\n  - ben", 8, 3, "a '- ' where a key belongs", "below the one above"},
    {"teams:\n  t:\n    members:\n      - ada\n      lead: ada", 8, 7, "neither a '- ' nor the end of the list",
     "a '- ' if the list goes on"},
    {"channels: { c: { use: x } }\n---\n file: x\n weight: 1\nlive: true", 8, 1,
     "indented by 0 spaces; those above by 1", "the same indentation"},
    /* a line that belongs to nothing, and colons */
    {"manager ada", 4, 1, "no colon", "as in 'name: value'"},
    {"teams\n  t: {}", 4, 1, "no colon", "as in 'name: value'"},
    {"teams:\n  t:\n    members:\n      - ada\n      ben\n    lead: ada", 8, 7, "no colon", "in a list: a '-'"},
    {"teams:\n  t:\n    members:\n      - ada\nben\nmanager: ada", 8, 1, "no colon", "in a list: a '-'"},
    {"manager:ada", 4, 1, "no space behind the colon", "a space, its value"},
    {"manager:ada\ndefault_team: t", 4, 1, "no space behind the colon", "a space, its value"},
    {"teams:\n  t:\n    members:\n      - ada\n      -ben\n    lead: ada", 8, 7, "no space behind the '-'",
     "a '-', a space"},
    {"teams:\n  t:\n    members:\n      - ada\n      -- ben", 8, 7, "no space behind the '-'", "a '-', a space"},
    {"teams: { t: { lead: ada, members: [] } }\nmail_from: Help: a@b.example", 5, 16, "a second colon",
     "quotes around a text with ': ' in it"},
    {"manager: - ada", 4, 10, "a '- ' behind a key", "a line of its own"},
    /* quotes and brackets */
    {"settings: \"open", 4, 12, "a quote that is not closed", "a second \""},
    {"manager: \"ada\ndefault_team: t", 4, 10, "a quote that is not closed", "a second \""},
    {"manager: 'ada\ndefault_team: t", 4, 10, "a quote that is not closed", "a second '"},
    {"manager: 'ada", 4, 11, "a quote that is not closed", "a second '"},
    {"mail_from: 'it's'", 4, 16, "text behind the closing quote", "written ''"},
    {"mail_from: \"a\" b", 4, 16, "text behind the closing quote", "is written \\\""},
    {"mail_from: \"\\d+\"", 4, 13, "a \\ that means nothing", "'...' instead"},
    {"mail_from: \"a\"#b", 4, 15, "no space before the '#'", "a space before a comment"},
    {"settings: { a: [1, 2 }", 4, 22, "of the other kind: the '[' of this line", "a ']' for each '['"},
    {"settings: { a: 1", 4, 11, "a bracket that is not closed", "a '}' for each '{'"},
    {"teams: [a\n\n\n", 4, 8, "a bracket that is not closed", "a ']' for each '['"},
    {"settings: { a: 1\nmanager: ada", 5, 8, "not closed: the '{' of the line above", "a '}' for each '{'"},
    {"teams:\n  t:\n    members: [ada\n\n    lead: ada\n    manager: ada", 9, 12, "the '[' of 3 lines above",
     "a ']' for each '['"},
    {"settings: { a: 1 b: 2 }", 4, 19, "no comma, or a bracket", "a comma between values"},
    {"teams: [[a]]]", 4, 13, "without an opening one", "a ']' for each '['"},
    {"settings: { a: 1 }}", 4, 19, "without an opening one", "a '}' for each '{'"},
    {"settings: { a: 1,, b: 2 }", 4, 18, "no value between", "a comma between values"},
    {"teams: [a,, b]", 4, 11, "a comma too many", "one comma"},
    {"links: {base}/x", 4, 14, "text behind a closing bracket", "quotes around the whole text"},
    /* signs that mean something */
    {"manager: @ada", 4, 10, "can't begin with this sign", "quotes around it"},
    {"manager: `ada`", 4, 10, "can't begin with this sign", "quotes around it"},
    {"manager: %ada", 4, 10, "can't begin with this sign", "quotes around it"},
    {"manager: & ada", 4, 11, "can't begin with '&'", "quotes around it"},
    {"manager: |ada", 4, 11, "text behind the '|' or '>'", "in the lines below, indented"},
    {"%manager ada\nteams: {}", 4, 2, "a line that begins with '%'", "'#'"},
    {"teams:\n  a: 1\n, b", 6, 1, "did not find expected key", "YAML; look at quotes and colons"},
    {"manager: a\xff", 4, 11, "not text", "UTF-8"},
    {"a: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", 4, 19, "too deep", "16 levels"},
};

static void report (const policy_errors_t *errors)
{
    for (size_t i = 0; i < errors->n; i++)
        print_error ("  %d:%d %s; expected %s\n", errors->items[i].line, errors->items[i].column, errors->items[i].what,
                     errors->items[i].expected);
}

/* Column 0: libfyaml's own business. */
static bool has (const policy_errors_t *errors, int line, int column, const char *what, const char *expected)
{
    for (size_t i = 0; i < errors->n; i++) {
        const policy_error_t *error = &errors->items[i];
        if ((column == 0 || (error->line == line && error->column == column)) && strstr (error->what, what) &&
            strstr (error->expected, expected))
            return true;
    }
    return false;
}

static void test_each_error (void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < sizeof errors_of / sizeof *errors_of; i++) {
        char text[1024];
        policy_errors_t errors;
        snprintf (text, sizeof text, "%s%s\n", least, errors_of[i].text);
        policy_t *policy = policy_parse (text, strlen (text), &errors);
        if (policy ||
            !has (&errors, errors_of[i].line, errors_of[i].column, errors_of[i].what, errors_of[i].expected)) {
            print_error ("%s\n", errors_of[i].text);
            report (&errors);
            failed++;
        }
        policy_errors_clear (&errors);
        policy_destroy (&policy);
    }
    assert_int_equal (failed, 0);
}

/* One thing wrong is one error: no echoes. */
static void test_no_echo (void **state)
{
    (void)state;
    static const char *const rows[] = {
        "manager: *x",
        "teams: { t: { lead: ada, members: [ada], led: ada } }\ndefault_team: t",
        "hours: { a: { zone: Mars, week: { mon: ['09:00-10:00'] } } }\npromises: [{ first_response: 5m, hours: a }]",
        "ladders: { a: [{ at: 8o%, tell: [owner] }, { at: due, tell: [owner] }] }",
        "rules: [{ name: a, when: { priority_at_least: x }, then: {} }]",
        "channels: { c: { offer: x } }\nrules: [{ name: a, when: { channel: c }, then: {} }]",
        "%manager ada\nteams: {}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        policy_errors_t errors;
        snprintf (text, sizeof text, "%s%s\n", least, rows[i]);
        assert_null (policy_parse (text, strlen (text), &errors));
        if (errors.n != 1)
            report (&errors);
        assert_int_equal (errors.n, 1);
        policy_errors_clear (&errors);
    }
}

static void test_what_is_required (void **state)
{
    (void)state;
    static const struct {
        const char *text, *what;
    } rows[] = {
        {"", "an empty text"},
        {"# only a comment\n", "an empty text"},
        {"[]", "the policy is a list, not a map"},
        {"workspace", "the policy is 'workspace', not a map"},
        {"last_resort: ada\npeople: { ada: {} }\n", "lacks 'workspace'"},
        {"workspace: w\npeople: { ada: {} }\n", "lacks 'last_resort'"},
        {"workspace: w\nlast_resort: ada\n", "lacks 'people'"},
        {"workspace: w\nlast_resort: ada\npeople: {}\n", "no person 'ada' is defined"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        policy_errors_t errors;
        assert_null (policy_parse (rows[i].text, strlen (rows[i].text), &errors));
        assert_true (has (&errors, 0, 0, rows[i].what, ""));
        policy_errors_clear (&errors);
    }
}

/* Lines may end as they do on other systems. */
static void test_line_ends (void **state)
{
    (void)state;
    static const char *const rows[] = {
        "workspace: w\r\nlast_resort: ada\r\npeople:\r\n  ada: {}\r\n",
        "workspace: w\rlast_resort: ada\rpeople:\r  ada: {}\r",
        "workspace: w\nlast_resort: ada\npeople:\n  ada: {}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        policy_errors_t errors;
        policy_t *policy = policy_parse (rows[i], strlen (rows[i]), &errors);
        report (&errors);
        assert_non_null (policy);
        policy_destroy (&policy);
    }
    policy_errors_t errors;
    static const char shallow[] = "workspace: w\r\npeople:\r\n  ada: {}\r\n\r\n ben: {}\r\n";
    assert_null (policy_parse (shallow, strlen (shallow), &errors));
    assert_true (has (&errors, 5, 2, "indented by 1 space; those above by 0 or 2", "the same indentation"));
    policy_errors_clear (&errors);
}

static const char all_ways[] = "workspace: w\nlast_resort: ada\npeople:\n  ada:\n    ways: [ %s ]\n";

static void test_ways (void **state)
{
    (void)state;
    static const struct {
        const char *way, *what; /* NULL: well */
    } rows[] = {
        {"{ log: ada }", NULL},
        {"{ mail: 'ada@example.com', after: 2m }", NULL},
        {"{ mail: 'Ada L. <ada@example.com>' }", NULL},
        {"{ webhook: 'https://x.example/a?b=c', secret: k }", NULL},
        {"{ slack: 'http://[::1]:80/x' }", NULL},
        {"{ webhook: 'https://x.example' }", "has no secret"},
        {"{ slack: 'https://x.example', secret: k }", "has a secret"},
        {"{ log: ada, mail: a@b.c }", "several at once"},
        {"{ after: 5m }", "does not say what it is"},
        {"{ pager: 5 }", "unknown key 'pager'"},
        {"{ mail: ada }", "mail of a way of person 'ada' is 'ada'"},
        {"{ mail: '@b.c' }", "mail of"},
        {"{ mail: 'a@' }", "mail of"},
        {"{ mail: 'a b@c.d' }", "mail of"},
        {"{ mail: 'a@b@c.d' }", "mail of"},
        {"{ mail: 'a@b.c, d@e.f' }", "mail of"},
        {"{ mail: 'X <a@b.c> y' }", "mail of"},
        {"{ slack: 'ftp://x' }", "slack of"},
        {"{ slack: 'https://x y' }", "slack of"},
        {"{ slack: \"https://x\\ny\" }", "slack of"},
        {"{ log: ada, after: 8d }", "after of"},
        {"{log: a},{log: a},{log: a},{log: a},{log: a},{log: a},{log: a},{log: a},{log: a}", "are 9"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        policy_errors_t errors;
        snprintf (text, sizeof text, all_ways, rows[i].way);
        policy_t *policy = policy_parse (text, strlen (text), &errors);
        if ((policy != NULL) != (rows[i].what == NULL) || (rows[i].what && !has (&errors, 0, 0, rows[i].what, ""))) {
            print_error ("%s\n", rows[i].way);
            report (&errors);
            fail ();
        }
        policy_errors_clear (&errors);
        policy_destroy (&policy);
    }
}

/* All of one pass, in the order of place, though sections are read in another. */
static void test_order (void **state)
{
    (void)state;
    static const char text[] =
        "settings: { a: 1 }\npromises: [{ hours: x }]\nteams: { t: 5 }\npeople: { ada: { b: 1 } }\n"
        "hours: { h: 5 }\nmanager: eve\nworkspace: w\nlast_resort: eve\n";
    static const int lines[] = {1, 2, 2, 3, 4, 5, 6, 8};
    policy_errors_t errors;
    assert_null (policy_parse (text, strlen (text), &errors));
    assert_int_equal (errors.n, sizeof lines / sizeof *lines);
    for (size_t i = 0; i < errors.n; i++)
        assert_int_equal (errors.items[i].line, lines[i]);
    policy_errors_clear (&errors);
    assert_null (errors.items);
}

/* ---- what a policy may say, and probably does not mean */

static const struct {
    const char *name, *text;
    int line, column; /* 0: there is no warning */
    const char *what;
} warnings_of[] = {
    {"nothing is doubtful", "teams: { a: { lead: ada, members: [ben] } }", 0, 0, ""},
    {"no teams: one of all", "manager: ada", 0, 0, ""},
    {"a skill that nobody has", "rules:\n  - { name: r, then: { skills: { tax: 2 } } }", 5, 34,
     "rule 'r' wants tax 2, and nobody in team 'all' has it"},
    {"a skill at a level that nobody has",
     "rules:\n  - { name: r, then: { team: t, skills: { card: 4 } } }\n"
     "teams: { t: { lead: ada, members: [ben, cem] } }",
     5, 43, "wants card 4"},
    {"a skill that somebody has",
     "rules:\n  - { name: r, then: { team: t, skills: { card: 3 } } }\n"
     "teams: { t: { lead: ada, members: [ben, cem] } }",
     0, 0, ""},
    {"a skill that only another team has",
     "rules:\n  - { name: r, then: { team: t, skills: { card: 3 } } }\n"
     "teams: { t: { lead: ada, members: [ben] }, u: { lead: ada, members: [cem] } }",
     5, 43, "nobody in team 't' has it"},
    {"a language that nobody speaks",
     "rules:\n  - { name: r, when: { language: fr }, then: { team: t, speak: yes } }\n"
     "teams: { t: { lead: ada, members: [cem] }, u: { lead: ada, members: [ben] } }",
     5, 57, "wants somebody who speaks fr, and nobody in team 't' does"},
    {"a language by its first part",
     "rules:\n  - { name: r, when: { language: de-AT }, then: { team: t, speak: yes } }\n"
     "teams: { t: { lead: ada, members: [cem] }, u: { lead: ada, members: [ben] } }",
     0, 0, ""},
    {"who names no language speaks any",
     "rules:\n  - { name: r, when: { language: fr }, then: { team: t, speak: yes } }\n"
     "teams: { t: { lead: ada, members: [ben, cem] } }",
     0, 0, ""},
    {"a language that need not be spoken",
     "rules:\n  - { name: r, when: { language: fr }, then: { team: t } }\n"
     "teams: { t: { lead: ada, members: [cem] }, u: { lead: ada, members: [ben] } }",
     0, 0, ""},
    {"a team without members", "teams: { t: { lead: ada, members: [ben, cem] }, u: { lead: ada, members: [] } }", 4, 65,
     "team 'u' has no members"},
    {"a ladder that tells nobody", "ladders:\n  x: [{ at: due, priority: 5 }]", 5, 3, "ladder 'x' tells nobody"},
    {"a ladder that tells a team without members",
     "ladders:\n  x: [{ at: due, tell: ['team:u'] }]\nteams: { u: { lead: ben, members: [] }, t: { lead: ada, members: "
     "[cem] } }",
     5, 3, "ladder 'x' tells nobody"},
    {"a ladder that tells the owner late", "ladders:\n  x: [{ at: due, priority: 5 }, { after: 5m, tell: [owner] }]", 0,
     0, ""},
    {"an address of two channels",
     "channels:\n  a: { address: a@x.example }\n  b: { addresses: [b@x.example, A@x.example] }", 6, 3,
     "the address 'A@x.example' of channel 'b' is one of channel 'a'"},
    {"a person in no team", "teams: { t: { lead: ada, members: [ben] } }", 3, 29, "person 'cem' is in no team"},
    {"an acknowledgement later than the answer",
     "promises:\n  - { when: { channel: mail }, acknowledge: 20m, first_response: 10m }", 5, 32,
     "promises[0].first_response is 10m, and acknowledge is 20m (its own) in channel 'mail'"},
    {"the built-in one is later than the answer",
     "promises:\n  - { when: { channel: mail }, first_response: 1h }\n"
     "  - { when: { channel: chat }, first_response: 10s }",
     6, 32,
     "promises[1].first_response is 10s, and acknowledge is 30s (from elsewhere, or built in) in channel 'chat'"},
    {"a later row has a sooner one",
     "promises:\n  - { when: { channel: chat }, first_response: 10s }\n"
     "  - { when: { channel: chat }, acknowledge: 5s }",
     0, 0, ""},
    {"where a person speaks nobody is told by a machine",
     "promises:\n  - { when: { channel: phone }, first_response: 10s }", 0, 0, ""},
    {"the answer is promised on hours, the acknowledgement around the clock",
     "hours: { office: { zone: UTC, week: { mon: ['09:00-17:00'] } } }\n"
     "promises:\n  - { when: { channel: mail }, first_response: 10m, hours: office }",
     0, 0, ""},
    {"a lead is in none", "teams: { t: { lead: cem, members: [ben] } }", 0, 0, ""},
    {"a manager is in none", "manager: cem\nteams: { t: { lead: ada, members: [ben] } }", 0, 0, ""},
    {"a ladder names the person",
     "ladders: { x: [{ at: due, tell: ['person:cem'] }] }\nteams: { t: { lead: ada, members: [ben] } }", 0, 0, ""},
};

static void test_warnings (void **state)
{
    (void)state;
    static const char begin[] = "workspace: w\nlast_resort: ada\npeople: { ada: {}, ben: {}%s }\n%s\n";
    for (size_t i = 0; i < sizeof warnings_of / sizeof *warnings_of; i++) {
        char text[2048];
        policy_errors_t errors, warnings;
        bool third = strstr (warnings_of[i].text, "cem") || strstr (warnings_of[i].what, "cem");
        snprintf (text, sizeof text, begin, third ? ", cem: { languages: [de], skills: { card: 3 } }" : "",
                  warnings_of[i].text);
        policy_t *policy = policy_check (text, strlen (text), &errors, &warnings);
        if (!policy)
            report (&errors);
        assert_non_null (policy);
        bool fine = warnings_of[i].line
                        ? has (&warnings, warnings_of[i].line, warnings_of[i].column, warnings_of[i].what, "")
                        : warnings.n == 0;
        if (!fine)
            report (&warnings);
        if (!fine)
            fail_msg ("%s", warnings_of[i].name);
        policy_destroy (&policy);
        policy_errors_clear (&warnings);
    }
}

/* ---- limits */

static void expect_error (const char *text, size_t length, const char *what)
{
    policy_errors_t errors;
    clock_t before = clock ();
    assert_null (policy_parse (text, length, &errors));
    assert_true (errors.n >= 1 && errors.n <= 100);
    if (!has (&errors, 0, 0, what, ""))
        report (&errors);
    assert_true (has (&errors, 0, 0, what, ""));
    assert_true (clock () - before < 5 * CLOCKS_PER_SEC); /* of processor time, sanitizers included */
    policy_errors_clear (&errors);
}

static char *repeated (const char *piece, size_t size)
{
    size_t length = strlen (piece);
    char *text = malloc (size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = piece[i % length];
    text[size] = 0;
    return text;
}

static void test_limits (void **state)
{
    (void)state;
    static const struct {
        const char *name, *piece;
        size_t size;
        const char *what;
    } rows[] = {
        {"a text above 1 MiB", "# x\n", 1024 * 1024 + 1, "a text of 1048577 bytes"},
        {"open brackets", "[", 100000, "too deep"},
        {"open maps", "{a: ", 100000, "too deep"},
        {"blocks", "- ", 100000, "too deep"},
        {"a long list", "- a\n", 1000000, "too long"},
        {"the same key", "a: b\n", 1000000, "again"},
        {"errors without end", "*a : b\n", 500000, ""},
        {"zero bytes", "\x01", 1000, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = repeated (rows[i].piece, rows[i].size);
        expect_error (text, rows[i].size, rows[i].what);
        free (text);
    }
    static const char bomb[] = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n";
    expect_error (bomb, strlen (bomb), "an alias");
    expect_error ("a: \"x\\0y\"\n", 10, "can't have");
    expect_error ("a\0b", 3, "not text");
}

static void test_many_people (void **state)
{
    (void)state;
    char *text = malloc (256 * 1024);
    size_t at = (size_t)sprintf (text, "workspace: w\nlast_resort: p0\npeople:\n");
    for (int i = 0; i < 1000; i++)
        at += (size_t)sprintf (text + at, "  p%d: { skills: { s%d: 3 }, languages: [en], ways: [{ log: p%d }] }\n", i,
                               i % 7, i);
    policy_errors_t errors;
    policy_t *policy = policy_parse (text, at, &errors);
    assert_non_null (policy);
    assert_int_equal (policy->people_n, 1000);
    assert_string_equal (policy_person (policy, "p999")->skills[0].name, "s5");
    policy_destroy (&policy);
    free (text);
}

/* ---- the same text twice, and texts broken at random */

static char *example (size_t *size)
{
    char path[512], *text = calloc (1, 1 << 16);
    snprintf (path, sizeof path, "%s/../deploy/policies/example.yaml", TESTS_DIR);
    FILE *file = fopen (path, "rb");
    assert_non_null (file);
    *size = fread (text, 1, (1 << 16) - 1, file);
    fclose (file);
    return text;
}

static void show_targets (FILE *out, const policy_target_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf (out, " %d/%s/%s", rows[i].kind, rows[i].person ? rows[i].person->name : "",
                 rows[i].team ? rows[i].team->name : "");
}

/* Enough of a policy as text, without addresses. */
static char *show (const policy_t *self)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream (&text, &size);
    fprintf (out, "%s %s %s %s\n", self->workspace, self->last_resort->name, self->default_team->name, self->link_base);
    for (size_t i = 0; i < self->people_n; i++) {
        const policy_person_t *person = &self->people[i];
        fprintf (out, "%s %s %d %zu %zu", person->name, person->display, person->capacity, person->skills_n,
                 person->languages_n);
        for (size_t j = 0; j < person->ways_n; j++)
            fprintf (out, " %d %s %lld", person->ways[j].kind, person->ways[j].address,
                     (long long)person->ways[j].delay_ms);
    }
    for (size_t i = 0; i < self->rules_n; i++)
        fprintf (out, "\n%s %s %zu %d %zu", self->rules[i].name, self->rules[i].team->name, self->rules[i].when.words_n,
                 self->rules[i].priority, self->rules[i].relax_n);
    for (size_t i = 0; i < self->ladders_n; i++)
        for (size_t j = 0; j < self->ladders[i].steps_n; j++) {
            const policy_step_t *step = &self->ladders[i].steps[j];
            fprintf (out, "\n%s %d %lld %lld %u", self->ladders[i].name, step->percent, (long long)step->after_ms,
                     (long long)step->repeat_ms, step->repeat_max);
            show_targets (out, step->tell, step->tell_n);
            show_targets (out, step->move, step->move != NULL);
        }
    for (size_t i = 0; i < self->promises_n; i++)
        for (int kind = 1; kind < PROMISE_KINDS; kind++)
            fprintf (out, " %lld", (long long)self->promises[i].duration_ms[kind]);
    for (size_t i = 0; i < self->templates_n; i++)
        fprintf (out, "\n%s %s %s", self->templates[i].name, self->templates[i].subject, self->templates[i].body);
    fclose (out);
    return text;
}

static void test_twice (void **state)
{
    (void)state;
    size_t size;
    char *text = example (&size);
    policy_errors_t errors;
    policy_t *first = policy_parse (text, size, &errors), *second = policy_parse (text, size, &errors);
    assert_non_null (first);
    assert_non_null (second);
    free (text);
    char *a = show (first), *b = show (second);
    assert_string_equal (a, b);
    free (a);
    free (b);
    policy_destroy (&first);
    policy_destroy (&second);
}

static uint64_t draw (uint64_t *seed, uint64_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % below;
}

static void break_somewhere (char *text, size_t *size, uint64_t *seed)
{
    static const char letters[] = "{}[]:,-&*!|>'\"#%@` \n\tax0\xff\x80";
    size_t at = draw (seed, *size), length = 1 + draw (seed, 20);
    length = at + length > *size ? *size - at : length;
    switch (draw (seed, 3)) {
    case 0:
        text[at] = letters[draw (seed, sizeof letters)];
        break;
    case 1:
        memmove (text + at, text + at + length, *size - at - length);
        *size -= length;
        break;
    default:
        memmove (text + at, text + draw (seed, *size - length + 1), length);
    }
}

static void test_broken_at_random (void **state)
{
    (void)state;
    const char *given = getenv ("SEED");
    uint64_t seed = given ? strtoull (given, NULL, 10) : (uint64_t)time (NULL) * 2654435761u + 1;
    print_message ("seed %llu (SEED=... repeats it)\n", (unsigned long long)seed);
    size_t whole, well = 0;
    char *text = example (&whole), *broken = malloc (whole);
    for (int i = 0; i < 300; i++) {
        size_t size = whole;
        memcpy (broken, text, whole);
        for (uint64_t breaks = 1 + draw (&seed, 3); breaks; breaks--)
            break_somewhere (broken, &size, &seed);
        policy_errors_t errors;
        policy_t *policy = policy_parse (broken, size, &errors);
        assert_true ((policy != NULL) == (errors.n == 0));
        well += policy != NULL;
        for (size_t j = 0; j < errors.n; j++) {
            assert_true (errors.items[j].line >= 1 && errors.items[j].column >= 1);
            assert_true (*errors.items[j].what && *errors.items[j].expected);
            assert_true (j == 0 || errors.items[j - 1].line <= errors.items[j].line);
        }
        policy_errors_clear (&errors);
        policy_destroy (&policy);
    }
    assert_true (well < 300);
    free (broken);
    free (text);
}

int main (void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test (test_each_error),
        cmocka_unit_test (test_no_echo),
        cmocka_unit_test (test_what_is_required),
        cmocka_unit_test (test_line_ends),
        cmocka_unit_test (test_ways),
        cmocka_unit_test (test_order),
        cmocka_unit_test (test_warnings),
        cmocka_unit_test (test_limits),
        cmocka_unit_test (test_many_people),
        cmocka_unit_test (test_twice),
        cmocka_unit_test (test_broken_at_random),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
