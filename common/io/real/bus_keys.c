/* bus_keys.c - who we are and who may be heard, as a folder of files.
 *
 * Hears: DIR/NAME.key, DIR/public/NAME.pub and NAME.X.pub: czmq's certificates. Says: the keys; why they can't be used.
 * A file that is no key is left out and said; it takes nobody else's away.
 *
 * Limits: BUS_KEYS_MAX files of FILE_MAX bytes, read on the loop; again only when something of the folder has changed. */
#include "bus_keys.h"

#include "bus.h"
#include "words.h"
#include "xmalloc.h"

#include <czmq.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>

enum { FILE_MAX = 4096, SETTLED_S = 2 };

typedef struct pair {
    char public[KEY_TEXT_SIZE], secret[KEY_TEXT_SIZE]; /* secret "": it is not in the file */
} pair_t;

typedef struct known {
    char file[NAME_MAX + 1], name[NAME_SIZE];
    char text[KEY_TEXT_SIZE];
    unsigned char bytes[KEY_BYTES];
} known_t;

typedef struct ring {
    known_t items[BUS_KEYS_MAX];
    size_t n;
} ring_t;

struct bus_keys {
    char directory[PATH_MAX];
    pair_t own;
    ring_t ring;
    char why[DETAIL_SIZE]; /* said last */
    uint64_t seen;         /* what the folder looked like when it was read; 0: it may be changing */
};

static bool no (char why[DETAIL_SIZE], const char *format, ...) __attribute__ ((format (printf, 2, 3)));

static bool no (char why[DETAIL_SIZE], const char *format, ...)
{
    va_list list;
    va_start (list, format);
    vsnprintf (why, DETAIL_SIZE, format, list);
    va_end (list);
    return false;
}

/* ---- a file */

static bool take_text (const zconfig_t *root, const char *path, char text[KEY_TEXT_SIZE],
                       unsigned char bytes[KEY_BYTES])
{
    static const unsigned char zero[KEY_BYTES];
    const char *found = zconfig_get ((zconfig_t *)root, path, "");
    if (strlen (found) != KEY_TEXT_SIZE - 1 || !zmq_z85_decode (bytes, found) || memcmp (bytes, zero, KEY_BYTES) == 0)
        return false; /* zero bytes would be a key that everybody has */
    memcpy (text, found, KEY_TEXT_SIZE);
    return true;
}

/* As text of our own: zconfig_load forgets to free what it can't read. NULL: it is too large, or none. */
static zconfig_t *load (const char *path)
{
    char text[FILE_MAX + 1];
    FILE *file = fopen (path, "re");
    size_t size = file ? fread (text, 1, sizeof text, file) : 0;
    if (file)
        fclose (file);
    bool fits = size > 0 && size <= FILE_MAX && !memchr (text, '\0', size);
    text[fits ? size : 0] = '\0';
    zconfig_t *root = fits ? zconfig_str_load (text) : NULL;
    explicit_bzero (text, sizeof text);
    return root;
}

static bool read_pair (const char *path, pair_t *pair, unsigned char bytes[KEY_BYTES], char why[DETAIL_SIZE])
{
    struct stat found;
    unsigned char secret[KEY_BYTES];
    *pair = (pair_t){"", ""};
    if (stat (path, &found) != 0 || (S_ISREG (found.st_mode) && access (path, R_OK) != 0))
        return no (why, "can't read the key %.160s: %s", path, strerror (errno));
    zconfig_t *root = S_ISREG (found.st_mode) ? load (path) : NULL;
    bool fine = root && take_text (root, "/curve/public-key", pair->public, bytes);
    if (fine && !take_text (root, "/curve/secret-key", pair->secret, secret))
        *pair->secret = '\0';
    zconfig_destroy (&root);
    explicit_bzero (secret, sizeof secret);
    return fine || no (why, "%.160s is no key; 'buckstop keys new' makes them", path);
}

/* ---- the folder */

/* "intake" of "intake.pub" and of "intake.next.pub"; false: it is no such name. */
static bool name_of (const char *file, char name[NAME_SIZE])
{
    static const char end[] = ".pub";
    size_t size = strlen (file), stem = strcspn (file, ".");
    if (size < sizeof end || strcmp (file + size - (sizeof end - 1), end) != 0 || stem == 0 || stem >= NAME_SIZE)
        return false;
    snprintf (name, NAME_SIZE, "%.*s", (int)stem, file);
    return true;
}

static void take_file (ring_t *ring, const char *folder, const char *file, char why[DETAIL_SIZE])
{
    char path[PATH_MAX + sizeof "/public" + NAME_MAX + 2], name[NAME_SIZE];
    pair_t pair;
    if (!name_of (file, name))
        return;
    if (ring->n == BUS_KEYS_MAX) {
        no (why, "more than %d keys in %.160s", BUS_KEYS_MAX, folder);
        return;
    }
    known_t *key = &ring->items[ring->n];
    snprintf (path, sizeof path, "%s/%s", folder, file);
    if (!read_pair (path, &pair, key->bytes, why))
        return;
    memcpy (key->text, pair.public, KEY_TEXT_SIZE);
    memcpy (key->name, name, NAME_SIZE);
    snprintf (key->file, sizeof key->file, "%s", file);
    explicit_bzero (&pair, sizeof pair);
    ring->n++;
}

/* "intake.pub" before "intake.next.pub". */
static int by_file (const void *a, const void *b)
{
    const known_t *one = a, *other = b;
    size_t one_size = strlen (one->file), other_size = strlen (other->file);
    return one_size != other_size ? (one_size > other_size) - (one_size < other_size) : strcmp (one->file, other->file);
}

/* False: the folder can't be read. why: of a file that is no key, else "". */
static bool read_ring (const char *directory, ring_t *ring, char why[DETAIL_SIZE])
{
    char folder[PATH_MAX + sizeof "/public"];
    snprintf (folder, sizeof folder, "%s/public", directory);
    *why = '\0';
    ring->n = 0;
    DIR *stream = opendir (folder);
    if (!stream)
        return no (why, "can't read the keys in %.160s: %s", folder, strerror (errno));
    for (const struct dirent *entry; (entry = readdir (stream));)
        take_file (ring, folder, entry->d_name, why);
    closedir (stream);
    qsort (ring->items, ring->n, sizeof *ring->items, by_file);
    return true;
}

/* A hash of what its files are, and when they became so, whatever the order; 0: one of them has changed a moment ago, or the
 * folder can't be read. */
static uint64_t look_of (const char *directory)
{
    char folder[PATH_MAX + sizeof "/public"], name[NAME_SIZE], look[128];
    uint64_t all = 1;
    time_t newest = 0;
    snprintf (folder, sizeof folder, "%s/public", directory);
    DIR *stream = opendir (folder);
    if (!stream)
        return 0;
    for (const struct dirent *entry; (entry = readdir (stream));) {
        struct stat found = {.st_size = 0};
        if (!name_of (entry->d_name, name))
            continue;
        (void)fstatat (dirfd (stream), entry->d_name, &found, 0); /* none: it looks like nothing */
        snprintf (look, sizeof look, "%lld %lld %lld %lld", (long long)found.st_ino, (long long)found.st_size,
                  (long long)found.st_ctim.tv_sec, (long long)found.st_ctim.tv_nsec);
        all += word_hash (word_hash (WORD_HASH, entry->d_name), look);
        newest = found.st_ctim.tv_sec > newest ? found.st_ctim.tv_sec : newest;
    }
    closedir (stream);
    return time (NULL) - newest >= SETTLED_S ? all : 0;
}

static const known_t *find_text (const ring_t *ring, const char *text)
{
    for (size_t i = 0; i < ring->n; i++)
        if (strcmp (ring->items[i].text, text) == 0)
            return &ring->items[i];
    return NULL;
}

/* ---- asked */

const char *bus_keys_who (const bus_keys_t *self, const unsigned char key[KEY_BYTES])
{
    for (size_t i = 0; i < self->ring.n; i++)
        if (memcmp (self->ring.items[i].bytes, key, KEY_BYTES) == 0)
            return self->ring.items[i].name;
    return NULL;
}

bool bus_keys_has (const bus_keys_t *self, const char *name, const char *text)
{
    for (size_t i = 0; i < self->ring.n; i++)
        if (strcmp (self->ring.items[i].name, name) == 0 && strcmp (self->ring.items[i].text, text) == 0)
            return true;
    return false;
}

const char *bus_keys_next (const bus_keys_t *self, const char *name, const char *text)
{
    const char *first = NULL;
    bool passed = false;
    for (size_t i = 0; i < self->ring.n; i++) {
        const known_t *key = &self->ring.items[i];
        if (strcmp (key->name, name) != 0)
            continue;
        if (passed)
            return key->text;
        passed = strcmp (key->text, text) == 0;
        first = first ? first : key->text;
    }
    return first;
}

bool bus_keys_apply (const bus_keys_t *self, void *zmq, bool binds)
{
    static const char domain[] = "buckstop";
    const int one = 1;
    return zmq_setsockopt (zmq, ZMQ_CURVE_PUBLICKEY, self->own.public, KEY_TEXT_SIZE) == 0 &&
           zmq_setsockopt (zmq, ZMQ_CURVE_SECRETKEY, self->own.secret, KEY_TEXT_SIZE) == 0 &&
           (!binds || (zmq_setsockopt (zmq, ZMQ_CURVE_SERVER, &one, sizeof one) == 0 &&
                       zmq_setsockopt (zmq, ZMQ_ZAP_DOMAIN, domain, sizeof domain - 1) == 0));
}

keys_change_t bus_keys_look (bus_keys_t *self, char why[DETAIL_SIZE])
{
    ring_t ring;
    keys_change_t change = KEYS_SAME;
    uint64_t look = look_of (self->directory);
    *why = '\0';
    if (look && look == self->seen)
        return KEYS_SAME;
    self->seen = look;
    bool read = read_ring (self->directory, &ring, why);
    if (strcmp (self->why, why) == 0)
        *why = '\0';
    else
        snprintf (self->why, sizeof self->why, "%s", why);
    if (!read)
        return KEYS_SAME;
    for (size_t i = 0; i < ring.n; i++)
        change = find_text (&self->ring, ring.items[i].text) ? change : KEYS_MORE;
    for (size_t i = 0; i < self->ring.n; i++)
        change = find_text (&ring, self->ring.items[i].text) ? change : KEYS_FEWER;
    self->ring = ring;
    return change;
}

/* ---- its life */

static bool read_own (bus_keys_t *self, const char *name, char why[DETAIL_SIZE])
{
    char path[PATH_MAX + NAME_SIZE + sizeof "/.key"], public[KEY_TEXT_SIZE];
    unsigned char bytes[KEY_BYTES];
    snprintf (path, sizeof path, "%s/%s.key", self->directory, name);
    if (!read_pair (path, &self->own, bytes, why))
        return false;
    if (!*self->own.secret || zmq_curve_public (public, self->own.secret) != 0 ||
        strcmp (public, self->own.public) != 0)
        return no (why, "%.160s holds no secret key, or not that of its public one", path);
    return bus_keys_has (self, name, public) ||
           no (why, "%.100s/public has no key of %s that fits %s.key: nobody would hear us", self->directory, name,
               name);
}

/* Whom we connect to must be known. */
static bool has_all (const bus_keys_t *self, char why[DETAIL_SIZE])
{
    for (int link = 0; link < BUS_LINKS; link++) {
        const char *name = bus_binder ((bus_link_t)link);
        if (!bus_keys_next (self, name, ""))
            return no (why, "%.100s/public/%s.pub is missing; 'buckstop keys new' makes it", self->directory, name);
    }
    return true;
}

bus_keys_t *bus_keys_new (const char *directory, const char *name, char why[DETAIL_SIZE])
{
    bus_keys_t *self = xcalloc (1, sizeof *self);
    if (!zmq_has ("curve"))
        no (why, "this libzmq was built without CURVE");
    else if (strlen (directory) >= sizeof self->directory)
        no (why, "too long a path for keys");
    else {
        memcpy (self->directory, directory, strlen (directory) + 1);
        if (read_ring (directory, &self->ring, why) && !*why && has_all (self, why) && read_own (self, name, why))
            return self;
    }
    bus_keys_destroy (&self);
    return NULL;
}

void bus_keys_destroy (bus_keys_t **self_p)
{
    bus_keys_t *self = *self_p;
    *self_p = NULL;
    if (self)
        explicit_bzero (&self->own, sizeof self->own);
    free (self);
}
