/* board_write.c - counts, people and teams as JSON, and hashes by which it is known whether they say anything new. */
#include "board_private.h"
#include "ids.h"
#include "values.h"
#include "words.h"
#include "xmalloc.h"

#include <inttypes.h>

#define STATE(name) BUCKSTOP__V1__CONTACT_STATE__CONTACT_STATE_##name

char *text_quoted (const char *text)
{
    json_t *value = value_text (text);
    char *quoted = xcheck (json_dumps (value, JSON_ENCODE_ANY | JSON_COMPACT));
    json_decref (value);
    return quoted;
}

void write_text (FILE *out, const char *text)
{
    char *quoted = text_quoted (text);
    fputs (quoted, out);
    free (quoted);
}

static void write_time (FILE *out, const char *name, wall_ms_t at)
{
    if (at && at != TIME_NEVER)
        fprintf (out, ",\"%s\":%" PRId64, name, at);
    else
        fprintf (out, ",\"%s\":null", name);
}

void write_counts (FILE *out, const tallies_t *tallies)
{
    static const contact_state_t states[] = {STATE (RECEIVED), STATE (OFFERED), STATE (QUEUED),
                                             STATE (OWNED),    STATE (WAITING), STATE (RESOLVED)};
    fputc ('{', out);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        fprintf (out, "\"%s\":%u,", contact_state_name (states[i]), tallies->states[states[i]]);
    fprintf (out, "\"open\":%u,\"at_risk\":%u,\"broken\":%u}", tallies->open, tallies->at_risk, tallies->broken);
}

void write_promises (FILE *out, const tallies_t *tallies)
{
    fprintf (out, "{\"opened\":%u,\"kept\":%u,\"broken\":%u,\"released\":%u}", tallies->opened, tallies->kept,
             tallies->broke, tallies->released);
}

void write_bucket (FILE *out, const bucket_t *bucket)
{
    fprintf (out, "{\"at\":%" PRId64 ",\"opened\":%u,\"kept\":%u,\"broken\":%u}",
             (int64_t)(bucket->step * BOARD_TREND_MS), bucket->opened, bucket->kept, bucket->broken);
}

/* -------------------------------------------------------------- people */

static uint64_t mix (uint64_t hash, int64_t value)
{
    return (hash ^ (uint64_t)value) * UINT64_C (1099511628211);
}

uint64_t who_sign (const board_t *self, const who_t *who)
{
    uint64_t sign = WORD_HASH;
    const int64_t values[] = {who->named,      who->present,  who->leaving, who->present_until,
                              who->away_since, who->capacity, who->used,    who->oldest};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        sign = mix (sign, values[i]);
    for (size_t i = 0; i < self->weights_n; i++)
        sign = mix (sign, who->load[i]);
    return sign;
}

static void write_teams_of (FILE *out, const board_t *self, const who_t *who)
{
    fputs (",\"team\":[", out);
    for (size_t i = 0; i < who->teams_n; i++) {
        if (i)
            fputc (',', out);
        fputs (self->teams.quoted[who->teams[i]], out);
    }
    fputc (']', out);
}

static void write_load (FILE *out, const board_t *self, const who_t *who)
{
    const char *between = "";
    fputs (",\"load\":{", out);
    for (size_t i = 0; i < self->weights_n; i++) {
        if (!who->load[i])
            continue;
        fputs (between, out);
        fprintf (out, "%s:%u", self->channels.quoted[i], who->load[i]);
        between = ",";
    }
    fputc ('}', out);
}

void write_who (FILE *out, const board_t *self, int person)
{
    const who_t *who = &self->who[person];
    const char *name = self->people.quoted[person];
    int64_t room = who->capacity - who->used;
    fprintf (out, "{\"name\":%s,\"display\":%s", name, who->display ? who->display : name);
    write_teams_of (out, self, who);
    fprintf (out, ",\"present\":%s,\"leaving\":%s,\"room\":%" PRId64 ",\"capacity\":%" PRId64,
             who->present ? "true" : "false", who->leaving || !who->named ? "true" : "false", room > 0 ? room : 0,
             who->capacity);
    write_time (out, "present_until", who->present ? who->present_until : 0);
    write_time (out, "away", who->present ? 0 : who->away_since);
    write_time (out, "oldest", who->oldest);
    write_load (out, self, who);
    fputc ('}', out);
}

/* --------------------------------------------------------------- teams */

uint64_t crew_sign (const crew_t *crew)
{
    uint64_t sign = mix (mix (WORD_HASH, crew->waiting), crew->present);
    sign = mix (sign, crew->oldest);
    return mix (word_hash (sign, crew->facts ? crew->facts->lead->name : ""),
                crew->facts ? (int64_t)crew->facts->members_n : -1);
}

void write_crew (FILE *out, const board_t *self, int team)
{
    const crew_t *crew = &self->crews[team];
    fprintf (out, "{\"name\":%s,\"lead\":", self->teams.quoted[team]);
    write_text (out, crew->facts ? crew->facts->lead->name : "");
    fprintf (out, ",\"waiting\":%u,\"present\":%u,\"people\":%zu", crew->waiting, crew->present,
             crew->facts ? crew->facts->members_n : 0);
    write_time (out, "oldest_waiting", crew->oldest);
    fputc ('}', out);
}
