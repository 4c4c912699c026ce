/* shelf.c - the files of one workspace, and what a crash can leave of them:
 *
 *   a torn last line                     cut off: it was not acknowledged
 *   NAME.ndjson and NAME.ndjson.gz       the second is whole: the first goes
 *   NAME.ndjson.gz.part                  goes
 *   an older NAME.ndjson                 compressed now
 *
 * Limits: directories 0700, files 0600; a workspace's directory is read once. */
#include "shelf.h"

#include "clock.h"
#include "ndjson.h"
#include "xmalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { FILE_NAME_SIZE = 64, BLOCK = 256 * 1024, NUMBER_BASE = 10 };
#define PLAIN      ".ndjson"
#define COMPRESSED ".ndjson.gz"
#define PART       ".part"

struct shelf {
    int directory;
    int file; /* that is written; -1: none */
    char name[FILE_NAME_SIZE];
    uint64_t size;
    mono_ms_t begun;
    shelf_limits_t limits;
    char *last;
};

/* ---- names */

bool shelf_name_read (const char *name, unsigned *series, uint64_t *number, bool *compressed)
{
    char *end = NULL;
    unsigned long first = strtoul (name, &end, NUMBER_BASE);
    if (end == name || *end != '-' || first == 0 || first > UINT32_MAX || strchr ("-+ ", *name))
        return false;
    const char *second = end + 1;
    unsigned long long from = strtoull (second, &end, NUMBER_BASE);
    *compressed = strcmp (end, COMPRESSED) == 0;
    *series = (unsigned)first;
    *number = from;
    return end != second && from && (*compressed || strcmp (end, PLAIN) == 0);
}

typedef struct entry {
    char name[FILE_NAME_SIZE];
    unsigned series;
    uint64_t number;
    bool compressed;
} entry_t;

static int by_place (const void *a, const void *b)
{
    const entry_t *one = a, *two = b;
    if (one->series != two->series)
        return one->series < two->series ? -1 : 1;
    if (one->number != two->number)
        return one->number < two->number ? -1 : 1;
    return one->compressed - two->compressed; /* the whole one behind the one that it was made of */
}

/* In order; free them. -1: errno. */
static int list (int directory, entry_t **entries)
{
    int n = 0, fd = openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *files = fd >= 0 ? fdopendir (fd) : NULL;
    *entries = NULL;
    if (!files)
        return -1;
    for (struct dirent *file; (file = readdir (files));) {
        entry_t entry = {.series = 0};
        size_t length = strlen (file->d_name);
        if (length > sizeof PART && strcmp (file->d_name + length - (sizeof PART - 1), PART) == 0)
            unlinkat (directory, file->d_name, 0);
        if (length >= FILE_NAME_SIZE ||
            !shelf_name_read (file->d_name, &entry.series, &entry.number, &entry.compressed))
            continue;
        memcpy (entry.name, file->d_name, length + 1);
        *entries = xrealloc (*entries, (size_t)(n + 1) * sizeof **entries);
        (*entries)[n++] = entry;
    }
    closedir (files);
    if (n)
        qsort (*entries, (size_t)n, sizeof **entries, by_place);
    return n;
}

/* ---- compressing */

static int pour (int in, gzFile out)
{
    char *block = xmalloc (BLOCK);
    ssize_t n = 0;
    while ((n = read (in, block, BLOCK)) > 0 && gzwrite (out, block, (unsigned)n) == (int)n)
        ;
    int rc = n < 0 ? -errno : n > 0 ? -EIO : 0;
    free (block);
    return rc;
}

static int write_compressed (int directory, const char *name, const char *part)
{
    int in = openat (directory, name, O_RDONLY | O_CLOEXEC), rc = 0;
    int out = in < 0 ? -1 : openat (directory, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int copy = out < 0 ? -1 : dup (out); /* zlib closes its own; ours is made durable behind it */
    gzFile file = copy < 0 ? NULL : gzdopen (copy, "wb");
    if (!file)
        rc = errno ? -errno : -ENOMEM;
    else {
        rc = pour (in, file);
        if (gzclose (file) != Z_OK && rc == 0)
            rc = errno ? -errno : -EIO;
        if (rc == 0 && fsync (out) < 0)
            rc = -errno;
    }
    if (in >= 0)
        close (in);
    if (out >= 0)
        close (out);
    return rc;
}

static int compress_file (int directory, const char *name)
{
    char whole[FILE_NAME_SIZE + sizeof PART], part[FILE_NAME_SIZE + 2 * sizeof PART];
    snprintf (whole, sizeof whole, "%s.gz", name);
    snprintf (part, sizeof part, "%s%s", whole, PART);
    int rc = write_compressed (directory, name, part);
    if (rc == 0 && renameat (directory, part, directory, whole) < 0)
        rc = -errno;
    if (rc < 0) {
        unlinkat (directory, part, 0);
        return rc;
    }
    if (fsync (directory) < 0)
        return -errno;
    return unlinkat (directory, name, 0) < 0 ? -errno : 0;
}

/* ---- finding it again */

/* The last whole line of a file; false: it has none. */
static bool read_last (shelf_t *self, const char *name, uint64_t *whole)
{
    int fd = openat (self->directory, name, O_RDONLY | O_CLOEXEC);
    ndjson_t *lines = fd < 0 ? NULL : ndjson_open (fd);
    if (!lines)
        return false;
    size_t size = 0;
    for (const char *line; (line = ndjson_next (lines, &size));) {
        self->last = xrealloc (self->last, size + 1);
        memcpy (self->last, line, size + 1);
    }
    *whole = ndjson_whole (lines);
    ndjson_close (&lines);
    return *whole > 0;
}

/* It goes on where it ended; what a crash has torn is cut off. */
static int go_on (shelf_t *self, const char *name)
{
    uint64_t whole = 0;
    read_last (self, name, &whole);
    self->file = openat (self->directory, name, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (self->file < 0 || ftruncate (self->file, (off_t)whole) < 0 || fsync (self->file) < 0)
        return -errno;
    snprintf (self->name, sizeof self->name, "%s", name);
    self->size = whole;
    self->begun = clock_mono ();
    return 0;
}

static int find (shelf_t *self)
{
    entry_t *entries = NULL;
    int rc = 0, n = list (self->directory, &entries);
    if (n < 0)
        return -errno;
    for (int i = 0; rc == 0 && i < n; i++) {
        bool is_twice =
            i + 1 < n && entries[i].series == entries[i + 1].series && entries[i].number == entries[i + 1].number;
        if (entries[i].compressed || (i + 1 == n && !is_twice))
            continue;
        rc = is_twice ? (unlinkat (self->directory, entries[i].name, 0) < 0 ? -errno : 0)
                      : compress_file (self->directory, entries[i].name);
    }
    uint64_t whole = 0;
    if (rc == 0 && n && !entries[n - 1].compressed) {
        rc = go_on (self, entries[n - 1].name);
        n -= self->size == 0; /* nothing in it: what is last stands in the one before */
    }
    for (int i = n - 1; rc == 0 && i >= 0 && !self->last; i--) {
        char name[FILE_NAME_SIZE + 4];
        snprintf (name, sizeof name, "%s%s", entries[i].name, entries[i].compressed ? "" : ".gz");
        read_last (self, name, &whole);
    }
    free (entries);
    return rc;
}

static int enter (const char *directory, const char *workspace)
{
    int outer = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (outer < 0)
        return -1;
    int inner = -1;
    if (mkdirat (outer, workspace, 0700) == 0 || errno == EEXIST)
        inner = openat (outer, workspace, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0 && fsync (outer) < 0) {
        close (inner);
        inner = -1;
    }
    int why = errno;
    close (outer);
    errno = why;
    return inner;
}

shelf_t *shelf_open (const char *directory, const char *workspace, shelf_limits_t limits)
{
    int inner = enter (directory, workspace);
    if (inner < 0)
        return NULL;
    shelf_t *self = xcalloc (1, sizeof *self);
    *self = (shelf_t){.directory = inner, .file = -1, .limits = limits};
    int rc = find (self);
    if (rc == 0)
        return self;
    shelf_close (&self);
    errno = -rc;
    return NULL;
}

void shelf_close (shelf_t **self_p)
{
    shelf_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    if (self->file >= 0)
        close (self->file);
    close (self->directory);
    free (self->last);
    free (self);
}

const char *shelf_last (const shelf_t *self)
{
    return self->last ? self->last : "";
}

/* ---- writing */

/* A name whose closed file is there already is another's: beside that one, the new file would count as what it was made of. */
static void choose_name (shelf_t *self, unsigned series, uint64_t first)
{
    char closed[FILE_NAME_SIZE + sizeof PART];
    do {
        snprintf (self->name, sizeof self->name, "%04u-%012" PRIu64 PLAIN, series, first++);
        snprintf (closed, sizeof closed, "%s.gz", self->name);
    } while (faccessat (self->directory, closed, F_OK, 0) == 0);
}

static int begin (shelf_t *self, unsigned series, uint64_t first)
{
    choose_name (self, series, first);
    self->size = 0;
    self->begun = clock_mono ();
    self->file = openat (self->directory, self->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (self->file >= 0 && fsync (self->directory) == 0)
        return 0;
    int rc = -errno;
    if (self->file >= 0)
        close (self->file);
    self->file = -1;
    return rc;
}

static int write_all (int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = write (fd, bytes, size);
        if (n < 0 && errno != EINTR)
            return -errno;
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return fdatasync (fd) < 0 ? -errno : 0;
}

/* Of another series than the file: that one is over. */
static bool is_of (const shelf_t *self, unsigned series)
{
    unsigned found = 0;
    uint64_t number;
    bool compressed;
    return shelf_name_read (self->name, &found, &number, &compressed) && found == series;
}

int shelf_append (shelf_t *self, unsigned series, uint64_t first, const char *lines, size_t size)
{
    int rc = self->file >= 0 && !is_of (self, series) ? shelf_shut (self) : 0;
    if (rc == 0 && self->file < 0)
        rc = begin (self, series, first);
    if (rc == 0)
        rc = write_all (self->file, lines, size);
    if (rc < 0) {
        if (self->file >= 0 && ftruncate (self->file, (off_t)self->size) < 0)
            rc = -errno; /* what is torn there is cut off when it is opened next */
        return rc;
    }
    self->size += size;
    if (self->size >= self->limits.size)
        shelf_shut (self); /* they are there; a file that could not be compressed is when it is found again */
    return 0;
}

bool shelf_is_old (const shelf_t *self)
{
    return self->file >= 0 && self->size && clock_mono () - self->begun >= self->limits.age_ms;
}

int shelf_shut (shelf_t *self)
{
    if (self->file < 0)
        return 0;
    close (self->file);
    self->file = -1;
    return compress_file (self->directory, self->name);
}
