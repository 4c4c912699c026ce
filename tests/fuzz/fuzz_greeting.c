/* Whoever comes to the port at which a restore hands out its copy, in pieces of any size: nobody gets it who does not know the id. */
#include "fuzz.h"
#include "rdb_greeting.h"

#include <string.h>

#define ID "0123456789abcdef0123456789abcdef01234567"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    char line[RDB_LINE_SIZE];
    uint8_t piece = fuzz_choice (data, &size);
    bool knows = memmem (data, size, ID, sizeof ID - 1) != NULL;
    rdb_greeting_t *greeting = rdb_greeting_new (piece & 1 ? ID : "");
    rdb_greeted_t greeted = RDB_MORE;
    size_t answers = 0, fed = 0;
    while (greeted == RDB_MORE || greeted == RDB_ANSWER) {
        greeted = rdb_greeting_next (greeting, line);
        if (greeted == RDB_ANSWER || greeted == RDB_BEGINS)
            MUST (strlen (line) > 2 && strcmp (line + strlen (line) - 2, "\r\n") == 0 && ++answers <= size);
        if (greeted != RDB_MORE)
            continue;
        size_t n = size - fed < (size_t)piece + 1 ? size - fed : (size_t)piece + 1;
        if (!n)
            break;
        char *bytes = fuzz_bytes (data + fed, n);
        rdb_greeting_feed (greeting, bytes, n);
        free (bytes);
        fed += n;
    }
    MUST (greeted != RDB_BEGINS || (knows && piece & 1));
    rdb_greeting_destroy (&greeting);
    return 0;
}
