/* archive_cursor.c - what archives let go. */
#include "archive_cursor.h"

uint64_t archive_bound (size_t archives, uint64_t lowest, bool required)
{
    if (archives)
        return lowest;
    return required ? 0 : UINT64_MAX;
}

wall_ms_t archive_closed_until (uint64_t lowest, uint64_t found, wall_ms_t at)
{
    return found == lowest ? at : at - 1;
}
