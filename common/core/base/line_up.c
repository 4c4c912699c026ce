/* line_up.c - one behind the other: only the last one's time is kept. */
#include "line_up.h"

wall_ms_t line_up (wall_ms_t *last, wall_ms_t now, int64_t later_ms)
{
    wall_ms_t soonest = now + later_ms;
    bool in_line = *last >= soonest && *last < soonest + LINE_MS;
    *last = in_line ? *last + 1 : soonest;
    return *last;
}
