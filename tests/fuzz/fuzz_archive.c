/* An archive read back, compressed or not: each line as what reads archives takes it. */
#include "fuzz.h"
#include "line.h"
#include "ndjson.h"
#include "report.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void look (report_t *report, const char *text, size_t size)
{
    unsigned series;
    uint64_t number;
    json_t *line = json_loadb (text, size, 0, NULL);
    line_is (text, 1, "", 0);
    if (line && line_place (line, &series, &number)) {
        MUST (series > 0 && number > 0);
        json_t *left = line_forgotten (line);
        if (left) {
            unsigned again;
            uint64_t same;
            MUST (line_place (left, &again, &same) && again == series && same == number);
        }
        json_decref (left);
        report_take (report, line);
        line_without_texts (line);
    }
    json_decref (line);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    int fd = memfd_create ("archive", MFD_CLOEXEC);
    MUST (fd >= 0 && write (fd, data, size) == (ssize_t)size && lseek (fd, 0, SEEK_SET) == 0);
    ndjson_t *lines = ndjson_open (fd);
    MUST (lines);
    report_t *report = report_new (0, 0);
    size_t length;
    for (const char *text; (text = ndjson_next (lines, &length));) {
        MUST (text[length] == '\0');
        look (report, text, length);
    }
    ndjson_fault (lines);
    ndjson_whole (lines);
    json_t *answer = report_json (report);
    MUST (json_is_object (answer));
    json_decref (answer);
    report_destroy (&report);
    ndjson_close (&lines);
    return 0;
}
