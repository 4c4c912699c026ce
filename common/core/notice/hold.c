/* hold.c - the text of a hold, written and read. */
#include "hold.h"

#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { REASON_SHOWN = 120 };

size_t hold_write (const hold_t *self, char text[HOLD_SIZE])
{
    int n = snprintf (text, HOLD_SIZE, "%" PRId64 "\n%s\n", self->since, self->by);
    size_t at = (size_t)n, from = at;
    at += (size_t)snprintf (text + at, HOLD_SIZE - at - 1, "%s", self->reason);
    for (size_t i = from; i < at; i++)
        if (text[i] == '\n' || text[i] == '\r')
            text[i] = ' ';
    text[at++] = '\n';
    text[at] = '\0';
    return at;
}

hold_t hold_read (const void *bytes, size_t size)
{
    hold_t self = {.reason = "its words can't be read"};
    char text[HOLD_SIZE];
    snprintf (text, sizeof text, "%.*s", (int)(size < sizeof text ? size : sizeof text - 1), (const char *)bytes);
    char *at = text;
    const char *since = strsep (&at, "\n"), *by = strsep (&at, "\n"), *reason = strsep (&at, "\n");
    if (!reason)
        return self;
    self.since = strtoll (since, NULL, 10);
    WORD_COPY (self.by, by);
    WORD_COPY (self.reason, reason);
    return self;
}

void hold_words (const hold_t *self, char words[DETAIL_SIZE])
{
    char at[32] = "?";
    struct tm parts;
    time_t seconds = (time_t)(self->since / MS_PER_SECOND);
    if (self->since > 0 && gmtime_r (&seconds, &parts))
        strftime (at, sizeof at, "%Y-%m-%d %H:%M:%S UTC", &parts);
    snprintf (words, DETAIL_SIZE, "sending is held%s%s since %s%s%s", *self->by ? " by " : "", self->by, at,
              *self->reason ? ": " : "", WORD_CUT (self->reason, REASON_SHOWN));
}
