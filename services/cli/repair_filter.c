/* repair_filter.c - which contacts `buckstop repair` is about: what intake is asked for, and what is looked at here. */
#include "repair_filter.h"

#include "lines.h"

#include <string.h>

static bool has_broken (const json_t *contact)
{
    size_t index;
    json_t *promise;
    json_array_foreach (json_object_get (contact, "promises"), index, promise)
    {
        if (strcmp (json_text (promise, "state"), "broken") == 0)
            return true;
    }
    return false;
}

static bool same (const char *wanted, const char *found)
{
    return !wanted || strcasecmp (wanted, found) == 0;
}

static bool is_subjects (const repair_filter_t *self, const json_t *contact)
{
    return !self->subject || strcasestr (json_text (contact, "subject"), self->subject);
}

static bool is_customers (const repair_filter_t *self, const json_t *contact)
{
    return !self->customer || same (self->customer, json_text (contact, "customer")) ||
           same (self->customer, json_text (contact, "customer_id")) ||
           same (self->customer, json_text (contact, "customer_name"));
}

bool repair_fits (const repair_filter_t *self, const json_t *contact, wall_ms_t now)
{
    wall_ms_t opened = cli_time_parse (json_text (contact, "opened_at"));
    return is_customers (self, contact) && is_subjects (self, contact) &&
           (!self->older || now - opened >= self->older_ms) && (!self->broken || has_broken (contact));
}

void repair_say_unknown (const repair_filter_t *self, const json_t *contacts)
{
    const struct {
        const char *name, *value;
        bool (*fits) (const repair_filter_t *self, const json_t *contact);
    } rows[] = {{"customer", self->customer, is_customers}, {"subject", self->subject, is_subjects}};
    size_t index, n = json_array_size (contacts);
    json_t *contact;
    if (self->contact && !n)
        fprintf (stderr, "-- --contact %s: no contact that is not closed ends so, of those asked for\n", self->contact);
    for (size_t i = 0; n && i < sizeof rows / sizeof *rows; i++) {
        bool any = !rows[i].value;
        json_array_foreach (contacts, index, contact)
        {
            any = any || rows[i].fits (self, contact);
        }
        if (!any)
            fprintf (stderr, "-- --%s %s: it fits none of the %zu contact%s that were looked at\n", rows[i].name,
                     rows[i].value, n, n == 1 ? "" : "s");
    }
}

void repair_path (const repair_filter_t *self, char path[REPAIR_PATH_SIZE])
{
    const char *const fields[][2] = {{"state", self->state},  {"team", self->team},
                                     {"owner", self->owner},  {"channel", self->channel},
                                     {"ends", self->contact}, {"at_risk", self->at_risk ? "true" : NULL}};
    size_t used = (size_t)snprintf (path, REPAIR_PATH_SIZE, "/v1/contacts?limit=500");
    for (size_t i = 0; i < sizeof fields / sizeof *fields && used < REPAIR_PATH_SIZE; i++) {
        if (!fields[i][1] || !*fields[i][1])
            continue;
        char *value = cli_escape (fields[i][1]);
        used += (size_t)snprintf (path + used, REPAIR_PATH_SIZE - used, "&%s=%s", fields[i][0], value);
        free (value);
    }
}

size_t repair_filters (const repair_filter_t *self, const char **empty)
{
    const char *const rows[][2] = {{"state", self->state},     {"team", self->team},         {"owner", self->owner},
                                   {"channel", self->channel}, {"customer", self->customer}, {"subject", self->subject},
                                   {"older", self->older},     {"contact", self->contact}};
    size_t n = self->at_risk + self->broken + self->everything;
    *empty = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        n += rows[i][1] != NULL;
        *empty = rows[i][1] && !*rows[i][1] ? rows[i][0] : *empty;
    }
    return n;
}
