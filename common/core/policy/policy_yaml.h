/* policy_yaml.h - how the text of a policy becomes rows: tables of keys, and one function per kind of value.
 * Pure. For policy_yaml*.c alone.
 *
 * A new key is one row in its section's table. A new kind of value is one function in policy_yaml_values.c
 * (general) or beside its section (special). */
#ifndef BUCKSTOP_POLICY_YAML_H
#define BUCKSTOP_POLICY_YAML_H

#include "policy.h"
#include "policy_arena.h"
#include "policy_tree.h"

typedef struct reader {
    struct policy_arena *arena;
    policy_t *policy; /* as far as it is read: sections are read in the order of their dependence */
    policy_errors_t *errors;
    const char *where;    /* "person 'ada'": what the keys at hand belong to */
    const node_t *used;   /* the first document behind the policy: files that it uses; NULL: none */
    const node_t *people; /* the map of people in the file of `people_from`; NULL: none */
} reader_t;

typedef struct yaml_key yaml_key_t;

/* Reads a value into the field; says what is wrong, and then leaves the field as it is. */
typedef void (yaml_read_fn) (reader_t *self, const yaml_key_t *key, const node_t *value, void *field);

struct yaml_key {
    const char *name;
    yaml_read_fn *read;
    size_t offset;       /* of the field in the row */
    int64_t min, max;    /* numbers: bounds; durations: milliseconds; texts: characters */
    const char *meaning; /* for "expected" when it is missing */
    bool required;
    const void *words; /* read_word: its table */
};

/* A table of keys ends with a row without a name. */
#define YAML_KEYS_END \
    {                 \
        NULL          \
    }

typedef struct yaml_word {
    const char *word;
    int value;
} yaml_word_t;

/* Fields that are a pointer with a count right behind it. */
typedef struct yaml_list {
    const void *items;
    size_t n;
} yaml_list_t;
#define YAML_LIST_ASSERT(type, items) \
    _Static_assert(offsetof (type, items##_n) == offsetof (type, items) + offsetof (yaml_list_t, n), "a list")

void yaml_fail (reader_t *self, const node_t *at, const char *expected, const char *what, ...)
    __attribute__ ((format (printf, 4, 5)));
/* "'abc'", "a list", "nothing": for "found ..." */
const char *yaml_found (const node_t *node, char buffer[DETAIL_SIZE]);
/* True for the kind, else says so. */
bool yaml_is (reader_t *self, const yaml_key_t *key, const node_t *value, node_kind_t kind, const char *expected);

/* The keys of a map into the fields of a row. `where` as in reader_t. */
void yaml_read_map (reader_t *self, const node_t *map, const yaml_key_t *keys, void *row, const char *where);
/* A map of named rows: room for all, names checked. The caller fills them in, in the order of the map. */
void *yaml_named_rows (reader_t *self, const node_t *map, size_t row_size, const char *what, size_t *n);
/* A list of rows: room for all. */
void *yaml_list_rows (reader_t *self, const node_t *list, size_t row_size, const char *what, size_t *n);
/* The row of that name, or says what names there are. Rows have their name first. */
const void *yaml_named (reader_t *self, const node_t *at, const char *name, const char *what, const void *rows,
                        size_t n, size_t row_size);
char *yaml_where (reader_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* General kinds of values; the field's type in brackets. */
yaml_read_fn yaml_read_text;       /* const char *: min to max bytes */
yaml_read_fn yaml_read_line;       /* const char *: the same without line ends */
yaml_read_fn yaml_read_name;       /* const char *: as names of people, teams, ... are written */
yaml_read_fn yaml_read_number;     /* int */
yaml_read_fn yaml_read_switch;     /* bool */
yaml_read_fn yaml_read_duration;   /* int64_t, milliseconds */
yaml_read_fn yaml_read_word;       /* int: one of key->words */
yaml_read_fn yaml_read_texts;      /* yaml_list_t of const char * */
yaml_read_fn yaml_read_skills;     /* yaml_list_t of policy_skill_t */
yaml_read_fn yaml_read_language;   /* const char * */
yaml_read_fn yaml_read_languages;  /* yaml_list_t of const char * */
yaml_read_fn yaml_read_mail;       /* const char *: an address, or "Name <address>" */
yaml_read_fn yaml_read_url;        /* const char *: http or https */
yaml_read_fn yaml_read_person;     /* const policy_person_t * */
yaml_read_fn yaml_read_people;     /* yaml_list_t of const policy_person_t * */
yaml_read_fn yaml_read_team;       /* const policy_team_t * */
yaml_read_fn yaml_read_channel;    /* const char *: the name of a channel */
yaml_read_fn yaml_read_calendar;   /* const calendar_t * */
yaml_read_fn yaml_read_hours_name; /* const char *: the name of a calendar */
yaml_read_fn yaml_read_ladder;     /* const policy_ladder_t * */

/* A list, each of its items by `read` into a pointer; what read leaves as it is, is left out. Field: yaml_list_t. */
void yaml_read_items (reader_t *self, const yaml_key_t *key, const node_t *value, void *field, yaml_read_fn *read);

/* What is wrong with a value of the right shape. */
void yaml_wrong (reader_t *self, const yaml_key_t *key, const node_t *value, const char *expected);
/* "1h30m" in milliseconds; 0, or -1: not of the form, or too long to count. */
int yaml_duration (const char *text, int64_t *ms);
/* The other way round; returns buffer. */
const char *yaml_duration_words (int64_t ms, char buffer[NAME_SIZE]);

/* policy_yaml_out.c: const struct channel_out *; and, once the channel's settings are known, whether all are set that
 * it uses: what is not is said at `at`. */
yaml_read_fn yaml_read_out;
void yaml_check_out (reader_t *self, const node_t *at, const policy_channel_t *channel);
/* The same, of a channel by whose call somebody is told, whatever way its answers go. */
void yaml_check_call (reader_t *self, const node_t *at, const policy_channel_t *channel);
/* policy_yaml_in.c: const struct channel_in *; the same of it. */
yaml_read_fn yaml_read_in;
void yaml_check_in (reader_t *self, const node_t *at, const policy_channel_t *channel);

/* What the policy of that text may say and probably does not mean. */
void yaml_doubts (const policy_t *policy, const node_t *root, policy_errors_t *out);

/* policy_yaml_ways.c: yaml_list_t of policy_way_t. */
yaml_read_fn yaml_read_ways;
/* policy_yaml_people.c: the map of people that a file brings; and, when teams are read, who is in them by their own word. */
yaml_read_fn yaml_read_people_from;
void yaml_join_teams (reader_t *self, const node_t *root);
/* The document behind the policy that is of that file; NULL: it is not in this text. */
const node_t *yaml_used (const reader_t *self, const char *file);
const node_t *yaml_value (const node_t *map, const char *name); /* NULL: none */

/* Sections, each in a file with its tables. */
yaml_read_fn yaml_section_hours, yaml_section_channels, yaml_section_people, yaml_section_teams, yaml_section_ladders,
    yaml_section_templates, yaml_section_rules, yaml_section_promises, yaml_section_settings;

#endif
