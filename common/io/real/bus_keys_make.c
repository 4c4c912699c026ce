/* bus_keys_make.c - a new pair of keys as two files; what is there stays as it is.
 *
 * Limits: two who make the same at once may mix their files; then the first start says that they do not fit. */
#include "bus.h"

#include <czmq.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

enum { FOLDER_MODE = 0755, SECRET_MASK = 0077 };

static int no (char why[DETAIL_SIZE], const char *what, const char *path)
{
    int error = errno ? errno : EIO;
    snprintf (why, DETAIL_SIZE, "can't %s %.160s: %s", what, path, strerror (error));
    return -error;
}

static int make_folder (const char *path, char why[DETAIL_SIZE])
{
    return mkdir (path, FOLDER_MODE) == 0 || errno == EEXIST ? 0 : no (why, "make the folder", path);
}

/* The secret one last: where it is, both are. */
static int save (zcert_t *cert, const char *name, const char *secret, const char *public, char why[DETAIL_SIZE])
{
    zcert_set_meta (cert, "name", "%s", name);
    if (zcert_save_public (cert, public) != 0)
        return no (why, "write", public);
    mode_t before = umask (SECRET_MASK);
    int rc = zcert_save_secret (cert, secret);
    umask (before);
    return rc == 0 ? 1 : no (why, "write", secret);
}

int bus_keys_make (const char *directory, const char *name, char why[DETAIL_SIZE])
{
    char folder[PATH_MAX], secret[PATH_MAX], public[PATH_MAX];
    if (snprintf (secret, sizeof secret, "%s/%s.key", directory, name) >= PATH_MAX ||
        snprintf (public, sizeof public, "%s/public/%s.pub", directory, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return no (why, "make keys in", directory);
    }
    snprintf (folder, sizeof folder, "%s/public", directory);
    int rc = make_folder (directory, why);
    if (rc == 0)
        rc = make_folder (folder, why);
    if (rc < 0)
        return rc;
    if (access (secret, F_OK) == 0)
        return 0;
    if (access (public, F_OK) == 0) { /* another machine may hold its secret one: all would stop to know it */
        snprintf (why, DETAIL_SIZE,
                  "%.120s is there and its secret key is not: it is used elsewhere, or lost; then remove it", public);
        return -EEXIST;
    }
    zcert_t *cert = zcert_new ();
    if (!cert)
        return no (why, "make keys for", name);
    rc = save (cert, name, secret, public, why);
    zcert_destroy (&cert);
    return rc;
}
