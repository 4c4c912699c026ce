/* password_file.c - reads a password, once: a pipe gives what it holds to one reader only.
 *
 * Hears: the file's name. Says: its first line, or why that can't be a password.
 * Limits: a pipe that nobody writes to and nobody closes is waited for; it is read at the start, when nobody else waits. */
#include "password_file.h"

#include <errno.h>
#include <string.h>

static bool no (char why[PARAM_WHY_SIZE], const char *what, const char *path, const char *rest)
{
    snprintf (why, PARAM_WHY_SIZE, "%s '%.200s'%s", what, path, rest);
    return false;
}

static bool unreadable (char why[PARAM_WHY_SIZE], const char *path, int error)
{
    char rest[PARAM_WHY_SIZE / 2];
    snprintf (rest, sizeof rest, ": %s", strerror (error));
    return no (why, "can't read the file", path, rest);
}

bool password_file_read (const char *path, char password[PASSWORD_SIZE], char why[PARAM_WHY_SIZE])
{
    password[0] = '\0';
    if (!path || !*path)
        return true;
    FILE *file = fopen (path, "re");
    if (!file)
        return unreadable (why, path, errno);
    bool any = fgets (password, PASSWORD_SIZE, file), broken = ferror (file);
    int error = errno;
    bool whole = strpbrk (password, "\r\n") || fgetc (file) == EOF;
    fclose (file);
    password[any && !broken ? strcspn (password, "\r\n") : 0] = '\0';
    if (broken)
        return unreadable (why, path, error);
    if (!*password)
        return no (why, "the first line of the file", path, " is empty; it should hold the secret");
    if (whole)
        return true;
    password[0] = '\0';
    return no (why, "the first line of the file", path, " is too long for a secret: at most 510 bytes");
}
