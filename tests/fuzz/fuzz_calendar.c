/* Office hours: spans, zones and holidays as a policy may have them; adding and taking apart agree. */
#include "calendar.h"
#include "fuzz.h"

enum { SPANS_MAX = 8, DAYS_MAX = 4, WEEK_MIN = 7 * 24 * 60 };

typedef struct source {
    const uint8_t *at;
    size_t left;
} source_t;

static uint64_t number (source_t *self, size_t bytes)
{
    uint64_t value = 0;
    for (; bytes && self->left; bytes--, self->left--)
        value = value << 8 | *self->at++;
    return value;
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const char *const zones[] = {
        "UTC",          "Europe/Berlin",     "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
        "Pacific/Apia", "Africa/Casablanca", "Nowhere/Land"};
    source_t source = {data, size};
    calendar_span_t spans[SPANS_MAX];
    calendar_day_t days[DAYS_MAX];
    const char *zone = zones[number (&source, 1) % 8];
    size_t spans_n = number (&source, 1) % (SPANS_MAX + 1), days_n = number (&source, 1) % (DAYS_MAX + 1);
    for (size_t i = 0; i < spans_n; i++) {
        spans[i].start_min = (int)(number (&source, 2) % WEEK_MIN);
        spans[i].end_min = spans[i].start_min + 1 + (int)(number (&source, 2) % (24 * 60));
    }
    for (size_t i = 0; i < days_n; i++)
        days[i] = (calendar_day_t){1970 + (int)(number (&source, 1) % 130), 1 + (int)(number (&source, 1) % 12),
                                   1 + (int)(number (&source, 1) % 31)};
    wall_ms_t from = (wall_ms_t)(number (&source, 6) % 4102444800000ULL);
    int64_t duration = (int64_t)(number (&source, 4));
    calendar_t *calendar = calendar_new (zone, spans, spans_n, days, days_n);
    if (!calendar)
        return 0;
    char words[64];
    wall_ms_t to = calendar_add (calendar, from, duration);
    MUST (to >= from);
    if (to != TIME_NEVER && duration > 0)
        MUST (calendar_between (calendar, from, to) == duration);
    MUST (calendar_closes (calendar, from) >= from);
    calendar_open (calendar, from);
    calendar_format (calendar, from, words, sizeof words);
    calendar_destroy (&calendar);
    return 0;
}
