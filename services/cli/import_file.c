/* import_file.c - the file of people that `buckstop people import` makes, and the line of the policy that names it. */
#include "import_file.h"

#include "xmalloc.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, ALL_MODES = 07777 };

char *import_file_line (const char *text, size_t size, size_t *new_size, size_t *number)
{
    static const char line[] = "people_from: " PEOPLE_FILE "\n";
    const char *at = text;
    *number = 1;
    while (at && strncmp (at, "people:", sizeof "people:" - 1) != 0) {
        at = strchr (at, '\n');
        at = at ? at + 1 : NULL;
        (*number)++;
    }
    if (!at)
        return NULL;
    size_t head = (size_t)(at - text);
    char *whole = xmalloc (size + sizeof line);
    memcpy (whole, text, head);
    memcpy (whole + head, line, sizeof line - 1);
    memcpy (whole + head + sizeof line - 1, at, size - head + 1);
    *new_size = size + sizeof line - 1;
    return whole;
}

int import_file_write (const char *path, const char *text, size_t size)
{
    char beside[PATH_SIZE];
    snprintf (beside, sizeof beside, "%s.new", path);
    FILE *file = fopen (beside, "we");
    struct stat was;
    if (file && stat (path, &was) == 0) /* whoever could not read it can't do so now */
        fchmod (fileno (file), was.st_mode & ALL_MODES);
    bool written = file && fwrite (text, 1, size, file) == size && fflush (file) == 0 && fsync (fileno (file)) == 0;
    if (file && fclose (file) != 0)
        written = false;
    if (written && rename (beside, path) == 0)
        return CLI_GO;
    int rc = cli_fail (CLI_NO, "%s: it can't be written: %s", path, strerror (errno));
    unlink (beside);
    return rc;
}
