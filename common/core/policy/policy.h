/* policy.h - what a workspace's policy says, and the questions that decisions ask of it. Pure.
 *
 * A policy is parsed once (policy_parse), never changed afterwards and shared by reference. All
 * strings and arrays belong to it and live as long as it does. Names are unique within their kind. */
#ifndef BUCKSTOP_POLICY_H
#define BUCKSTOP_POLICY_H

#include "meant.h"
#include "types.h"

#include "buckstop/v1/record.pb-c.h"

typedef Buckstop__V1__PromiseKind promise_kind_t;
typedef Buckstop__V1__ReturnWay return_way_t;
typedef Buckstop__V1__WayKind way_kind_t;

#define PROMISE_KINDS 6 /* one past the last promise_kind_t */

typedef struct calendar calendar_t; /* calendar.h */

typedef struct policy_skill {
    const char *name;
    int level; /* 1..10 */
} policy_skill_t;

/* A way to reach a person. */
typedef struct policy_way {
    way_kind_t kind;
    const char *address; /* mail address, URL, or a word for the log */
    const char *secret;  /* webhook: name of the signing key's file; NULL: unsigned is refused by the parser */
    int64_t delay_ms;    /* after the notice was decided; moot when acknowledged before */
    const struct policy_channel *channel; /* CHANNEL: by whose call */
    const char *to;                       /* CHANNEL: whom the call is for, its address; NULL: it needs none */
} policy_way_t;

typedef struct policy_person {
    const char *name;
    const char *display; /* what customers read */
    const policy_skill_t *skills;
    size_t skills_n;
    const char *const *languages; /* none: any */
    size_t languages_n;
    int capacity;            /* sum of the weights that the person can hold */
    const calendar_t *shift; /* NULL: always */
    const calendar_t *quiet; /* NULL: none; open while notices are held */
    const policy_way_t *ways;
    size_t ways_n;
    const char *const
        *teams; /* that they say they are in, beside those that name them; read into these by the parser */
    size_t teams_n;
    const char *phone; /* E.164, or an extension as the telephone system names it: who answered; NULL: none */
} policy_person_t;

typedef struct policy_team {
    const char *name;
    const policy_person_t *lead; /* the duty lead: accountable until somebody accepts */
    const policy_person_t *const *members;
    size_t members_n;
} policy_team_t;

/* A word that a description uses and a channel sets, such as an account's number. */
typedef struct policy_setting {
    const char *name, *value;
} policy_setting_t;

/* How customers of a channel are known to others. */
enum policy_identity { IDENTITY_BY_FORM, IDENTITY_MAIL, IDENTITY_PHONE, IDENTITY_HANDLE };
/* Where answers by mail carry the signed tag that leads back to the contact, beside the message id. */
enum policy_tag { TAG_NONE, TAG_ADDRESS, TAG_SUBJECT };

typedef struct policy_channel {
    const char *name;
    int weight;          /* of one contact against a person's capacity */
    bool live;           /* somebody is on the line: class before deferred ones */
    bool accept_auto;    /* an offer counts as accepted at once */
    int64_t offer_ms;    /* how long an offer stands */
    return_way_t answer; /* default return way when the submission names none */
    int identity; /* enum policy_identity; BY_FORM: an address is mail, +49... is phone (where people speak, as one
                             dials it, too), all else a handle */
    const char *platform;         /* HANDLE: whose; NULL: the channel's name */
    const char *const *addresses; /* mail: "support@example.com", or "@example.com" for a whole domain */
    size_t addresses_n;
    int tag;                       /* enum policy_tag */
    const struct channel_in *in;   /* what its platform sends (channel_in.h); NULL: no webhook */
    const struct channel_out *out; /* how answers go back to its platform (channel_out.h); NULL: no call */
    const policy_setting_t *settings;
    size_t settings_n;
} policy_channel_t;

/* What a rule looks at; an absent criterion (NULL, 0) matches everything. */
typedef struct policy_match {
    const char *channel;
    const char *tier;
    const char *language;
    const char *const *words; /* any of them as a whole word, case folded, in subject or text */
    size_t words_n;
    const struct pattern *const *patterns; /* any of them (pattern.h), in subject or text */
    size_t patterns_n;
    int priority_min; /* INT_MIN: not asked */
} policy_match_t;

/* While it waits, a requirement may be relaxed. */
typedef struct policy_relax {
    int64_t after_ms; /* since the contact is waiting for somebody */
    bool drop_skills;
    bool drop_language;
    bool any_team;
} policy_relax_t;

typedef struct policy_rule {
    const char *name;
    policy_match_t when;
    const policy_team_t *team;
    const policy_skill_t *skills;
    size_t skills_n;
    bool need_language; /* the person must speak the contact's language */
    int priority;       /* added to the contact's */
    const policy_person_t *prefer;
    int64_t prefer_ms; /* how long to wait for the preferred person */
    const policy_relax_t *relax;
    size_t relax_n;
} policy_rule_t;

enum policy_tell { TELL_OWNER, TELL_LEAD, TELL_MANAGER, TELL_ACCOUNTABLE, TELL_PERSON, TELL_TEAM };

typedef struct policy_target {
    enum policy_tell kind;
    const policy_person_t *person; /* TELL_PERSON */
    const policy_team_t *team;     /* TELL_TEAM */
} policy_target_t;

enum { POLICY_TELL_MAX = 16 }; /* people that one step may tell, members of teams counted */

/* One step around a deadline. */
typedef struct policy_step {
    int percent;      /* of the duration: 1..100, and after_ms is 0; */
    int64_t after_ms; /* or behind the deadline, and percent is 100 */
    const policy_target_t *tell;
    size_t tell_n;
    const policy_target_t *move; /* NULL: stays; else TELL_PERSON, TELL_TEAM, TELL_LEAD or TELL_MANAGER */
    int priority;                /* added */
    int64_t repeat_ms;           /* 0: once */
    unsigned repeat_max;         /* repeats after the first, at most */
    bool urgent;                 /* pierces quiet hours */
} policy_step_t;

typedef struct policy_ladder {
    const char *name;
    const policy_step_t *steps; /* in order of time */
    size_t steps_n;
} policy_ladder_t;

typedef struct policy_promise {
    policy_match_t when;
    int64_t duration_ms[PROMISE_KINDS]; /* by promise_kind_t; 0: this row does not say */
    const char *hours;                  /* name of the calendar; NULL: around the clock */
    const policy_ladder_t *ladder;      /* NULL: the default ladder */
} policy_promise_t;

typedef struct policy_hours {
    const char *name;
    const calendar_t *calendar;
} policy_hours_t;

/* Templates have slots like {subject}; see template.h. */
typedef struct policy_template {
    const char *name; /* offer, assigned, step, nobody, review, returned, acknowledge, apology, reply */
    const char *subject;
    const char *body;
} policy_template_t;

/* A customer who has an open contact comes again, and no thread says that it is the same matter. */
enum policy_same {
    SAME_LINK,     /* a contact of its own, that names the other and is offered to its owner first */
    SAME_APPEND,   /* a message of the open one */
    SAME_SEPARATE, /* nothing */
};

typedef struct policy {
    const char *workspace;
    uint32_t version; /* 0 until it came from the store */
    const policy_person_t *last_resort;
    const policy_person_t *manager; /* last_resort where policy names none */
    const policy_team_t *default_team;
    way_kind_t dry_kind; /* UNSPECIFIED: notices go where they belong */
    const char *dry;     /* one mailbox, or the log */
    const char *mail_from;
    const char *link_base; /* public URL of intake: links in notices start with it; NULL: no links */
    uint8_t link_key[32];  /* signs them; from the store, zero in a check */

    const policy_channel_t *channels;
    size_t channels_n;
    const policy_team_t *teams;
    size_t teams_n;
    const policy_person_t *people;
    size_t people_n;
    const policy_person_t *const *people_by_name; /* the same, sorted; NULL: not indexed */
    const policy_rule_t *rules;
    size_t rules_n;
    const policy_promise_t *promises;
    size_t promises_n;
    const policy_ladder_t *ladders; /* [0] is the default */
    size_t ladders_n;
    const policy_hours_t *hours;
    size_t hours_n;
    const policy_template_t *templates; /* every name is there: built-in ones fill the gaps */
    size_t templates_n;

    /* settings, each with a default in policy_yaml.c */
    int64_t presence_ms;     /* a heartbeat holds so long */
    int64_t decline_ms;      /* a decline or expiry excludes so long */
    int64_t acknowledged_ms; /* an acknowledgement of a step holds so long */
    int64_t pause_ms;        /* budget of waiting on the customer */
    int64_t reopen_ms;       /* a resolved contact closes after it */
    int64_t review_ms;       /* an owned contact without a promise is looked at after so much silence */
    int64_t link_ms;         /* signed links expire */
    int64_t retain_ms;       /* events and closed contacts are kept so long, unless it is said of each: */
    int64_t keep_events_ms;
    int64_t keep_closed_ms;
    int archive_required;   /* nothing is deleted that no archive has (archive_cursor.h); else what none is there for */
    unsigned transfers_max; /* more climb to the manager */
    unsigned makeup_max;    /* promises made good for broken ones, per chain */
    bool languages;         /* does anything here depend on what language a contact is in? */
    int same_customer;      /* enum policy_same: a second contact while one is open */
    const char *country;    /* "+49": of numbers that are written without; NULL: such are handles */

    struct policy_arena *arena;
} policy_t;

/* One thing that is wrong with a policy's text. Line and column count from 1. */
typedef struct policy_error {
    int line, column;
    char what[DETAIL_SIZE];     /* "unknown key 'capicity' in person 'ada'" */
    char expected[DETAIL_SIZE]; /* "one of: name, skills, ..." */
} policy_error_t;

typedef struct policy_errors {
    policy_error_t *items; /* malloc'd; freed by policy_errors_clear */
    size_t n;
} policy_errors_t;

/* Parse YAML. Returns a policy that the caller destroys, or NULL with at least one error. Every error
 * of one pass is listed, in order of place. Aliases are refused; unknown keys are errors; a name that
 * is referred to and not defined is an error; so is a policy without a last resort. */
policy_t *policy_parse (const char *text, size_t length, policy_errors_t *errors);
/* The same, and of a policy without an error also what it says and probably does not mean: a rule that nobody
 * in its team can fulfil, a team without members, a ladder that tells nobody, a person to whom nothing ever
 * comes. Both lists are cleared by policy_errors_clear; warnings may be NULL. */
policy_t *policy_check (const char *text, size_t length, policy_errors_t *errors, policy_errors_t *warnings);
/* A policy may use files (`use: FILE` of a channel, `people_from: FILE`). They stand behind it in the same text, so that what is stored is
 * whole: each a further document whose first line is `file: "FILE"`. policy_uses.c.
 *
 * The names of those that a text uses and does not hold yet, once each, ended by NULL; free each, and the list. */
char **policy_uses (const char *text, size_t length);
/* One of them can't be read: one more error, where the text names it. */
void policy_uses_fail (const char *text, size_t length, const char *file, const char *why, policy_errors_t *errors);
/* The text with one more; malloc'd. */
char *policy_append_used (const char *text, size_t length, const char *file, const char *bytes, size_t size,
                          size_t *new_length);
/* The text without what it holds of that file, and with this behind all others, where reading a policy puts the people;
 * malloc'd. */
char *policy_replace_used (const char *text, size_t length, const char *file, const char *bytes, size_t size,
                           size_t *new_length);
/* The file that `people_from` names; NULL: none. malloc'd. */
char *policy_people_file (const char *text, size_t length);
/* Is that line one of a file that is used? Then which, and its own number there. */
bool policy_place (const char *text, size_t length, int line, char file[ADDRESS_SIZE], int *own_line);

policy_t *policy_ref (const policy_t *self); /* one more owner */
void policy_destroy (policy_t **self_p);     /* one less; NULL is fine */
void policy_errors_clear (policy_errors_t *self);
/* The loader's, right after parsing and before anybody else sees it: what came from the store with it. */
void policy_stamp (policy_t *self, uint32_t version, const uint8_t link_key[32]);

/* Look-ups by name: NULL when there is none (also for NULL and ""). */
const policy_channel_t *policy_channel (const policy_t *self, const char *name);
const policy_team_t *policy_team (const policy_t *self, const char *name);
const policy_person_t *policy_person (const policy_t *self, const char *name);
/* "; did you mean 'ada'?" of a word that is none of these; "" when none is near. */
typedef enum policy_names { POLICY_PEOPLE, POLICY_TEAMS, POLICY_CHANNELS } policy_names_t;
const char *policy_meant (const policy_t *self, policy_names_t which, const char *word, char text[WORD_MEANT_SIZE]);
const policy_rule_t *policy_rule (const policy_t *self, const char *name);
const policy_ladder_t *policy_ladder (const policy_t *self, const char *name); /* default for "" and unknown */
const calendar_t *policy_hours (const policy_t *self, const char *name);       /* NULL: around the clock */
const policy_template_t *policy_template (const policy_t *self, const char *name);
/* Who is meant by a name, or by the number at which they answer calls. */
const policy_person_t *policy_person_called (const policy_t *self, const char *who);
/* policy_mail.c: whom the policy reaches at that mail address by a way of theirs, also by a channel's call; NULL: nobody.
 * Of several that share it, the first. */
const policy_person_t *policy_person_by_mail (const policy_t *self, const char *address);
/* Is it one of theirs? person may be NULL. */
bool policy_person_has_mail (const policy_person_t *person, const char *address);
bool policy_team_has (const policy_team_t *team, const char *person);

/* What a submission looks like to rules and promises. Strings may be NULL. */
typedef struct policy_subject {
    const char *channel, *tier, *language, *subject, *text;
    int priority;
} policy_subject_t;

/* First rule that matches; NULL: none, and the default team takes it. */
const policy_rule_t *policy_match_rule (const policy_t *self, const policy_subject_t *about);
/* The same; *gave_up is the first of the rules before it of which a pattern gave up at its limit (pattern.h), and which
 * therefore did not match; NULL: none. Whoever decides says so. */
const policy_rule_t *policy_choose_rule (const policy_t *self, const policy_subject_t *about,
                                         const policy_rule_t **gave_up);

/* What is promised for a kind: the first row that matches and says; else the built-in (first response:
 * live channel 60 s, others 24 h; acknowledge: live 30 s, others 1 h; next response as first response;
 * resolution: none). duration_ms 0: nothing is promised. */
typedef struct promise_terms {
    int64_t duration_ms;
    const char *hours;  /* "" : around the clock */
    const char *ladder; /* "" : the default */
    bool gave_up;       /* a row's pattern did, which therefore did not match */
} promise_terms_t;
promise_terms_t policy_promise (const policy_t *self, promise_kind_t kind, const policy_subject_t *about);

#endif
