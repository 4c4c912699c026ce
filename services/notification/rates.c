/* rates.c - reads what the operator says of providers, and finds a provider's row. */
#include "rates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "/s" .. "/d": milliseconds; 0: none of them. */
static int64_t unit_of (const char *text)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {{'s', MS_PER_SECOND}, {'m', MS_PER_MINUTE}, {'h', MS_PER_HOUR}, {'d', MS_PER_DAY}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (text[0] == '/' && text[1] == units[i].letter)
            return units[i].ms;
    return 0;
}

/* One row: "NAME=N/U" or "NAME=N/U:BURST". */
static bool read_row (rate_t *self, const char *row)
{
    const char *equals = strchr (row, '=');
    char *end;
    if (!equals || equals == row || equals - row >= ADDRESS_SIZE)
        return false;
    *self = (rate_t){.bucket = {.rate = 0}};
    memcpy (self->name, row, (size_t)(equals - row));
    double n = strtod (equals + 1, &end);
    int64_t unit = unit_of (end);
    if (end == equals + 1 || !unit || !(n > 0) || n > 1e6)
        return false;
    self->bucket.rate = n * (double)MS_PER_SECOND / (double)unit;
    self->bucket.burst = self->bucket.rate > 1 ? self->bucket.rate : 1;
    if (end[2] == '\0')
        return true;
    double burst = end[2] == ':' ? strtod (end + 3, &end) : 0;
    self->bucket.burst = burst;
    return *end == '\0' && burst >= 1 && burst <= 1e6;
}

int rates_read (rates_t *self, const char *text, char why[DETAIL_SIZE])
{
    char row[ADDRESS_SIZE + 64];
    for (const char *at = text; *at;) {
        at += strspn (at, ", ");
        size_t size = strcspn (at, ", ");
        if (size == 0)
            break;
        snprintf (row, sizeof row, "%.*s", (int)size, at);
        at += size;
        if (self->n == RATES_MAX || size >= sizeof row || !read_row (&self->rows[self->n], row)) {
            snprintf (why, DETAIL_SIZE, "'%.150s' is no NAME=N/UNIT[:BURST], or there are more than %d", row,
                      RATES_MAX);
            return -1;
        }
        self->n++;
    }
    return 0;
}

static rate_t *row_of (rates_t *self, const char *name, size_t size)
{
    for (size_t i = 0; i < self->n; i++)
        if (strlen (self->rows[i].name) == size && memcmp (self->rows[i].name, name, size) == 0)
            return &self->rows[i];
    return NULL;
}

rate_t *rates_find (rates_t *self, const char *name)
{
    rate_t *row = row_of (self, name, strlen (name));
    const char *colon = strrchr (name, ':');
    return row || !colon ? row : row_of (self, name, (size_t)(colon - name));
}
