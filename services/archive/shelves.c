/* shelves.c - the files of an archive, in order: by workspace, series and number, whatever order they are named in.
 *
 * A number that was told already is a double. A series ends where the next one begins, whatever it has beyond: the first
 * lines of all files are looked at before.
 * Limits: what is not a file of an archive is passed over in directories, and read where it is named. */
#include "shelves.h"

#include "line.h"
#include "ndjson.h"
#include "shelf.h"
#include "words.h"
#include "xmalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { PATH_SIZE = 4096 };

typedef struct file {
    char *path;
    char workspace[NAME_SIZE];
    unsigned series;
    uint64_t first, ends; /* its first number; it counts up to before `ends`, where the next series begins */
} file_t;

typedef struct files {
    file_t *items;
    size_t n;
} files_t;

static void damage (shelves_found_t *found, const char *path, const char *why)
{
    if (!found->damaged++)
        snprintf (found->damage, sizeof found->damage, "%s: %s", WORD_CUT (path, 160), why);
}

/* ---- which files there are */

/* An archive that goes on may have closed it since its name was read: then it has another. */
static ndjson_t *open_lines (const char *path)
{
    char closed[PATH_SIZE];
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && snprintf (closed, sizeof closed, "%s.gz", path) < (int)sizeof closed)
        fd = open (closed, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? NULL : ndjson_open (fd);
}

static bool is_closed (const char *path)
{
    size_t length = strlen (path);
    return length >= 3 && strcmp (path + length - 3, ".gz") == 0;
}

/* What is wrong with it, NULL: nothing. One that is not closed may end in the midst of a line: its archive is about to write
 * the rest, or will cut it off. */
static const char *fault_of (const ndjson_t *lines, const char *path)
{
    return !is_closed (path) && ndjson_torn (lines) ? NULL : ndjson_fault (lines);
}

static json_t *next_line (ndjson_t *lines, unsigned *series, uint64_t *number, bool *is_line)
{
    size_t size = 0;
    const char *text = ndjson_next (lines, &size);
    *is_line = text != NULL;
    json_t *line = text ? json_loadb (text, size, 0, NULL) : NULL;
    if (line && !line_place (line, series, number)) {
        json_decref (line);
        line = NULL;
    }
    return line;
}

/* By its first line, whatever its name is. */
static void add_file (files_t *self, const char *path, shelves_found_t *found)
{
    file_t file = {.ends = UINT64_MAX};
    bool is_line = false;
    ndjson_t *lines = open_lines (path);
    json_t *line = lines ? next_line (lines, &file.series, &file.first, &is_line) : NULL;
    if (line) {
        const char *workspace = json_string_value (json_object_get (line, "workspace"));
        WORD_COPY (file.workspace, workspace ? workspace : "");
        file.path = xstrdup (path);
        self->items = xrealloc (self->items, (self->n + 1) * sizeof *self->items);
        self->items[self->n++] = file;
    } else if (!lines || is_line || ndjson_fault (lines))
        damage (found, path, lines ? "it is no file of an archive" : strerror (errno));
    json_decref (line);
    ndjson_close (&lines);
}

static int add_directory (files_t *self, const char *path, unsigned depth, shelves_found_t *found)
{
    DIR *names = opendir (path);
    if (!names)
        return -errno;
    int rc = 0;
    for (struct dirent *name; rc == 0 && (name = readdir (names));) {
        char inner[PATH_SIZE];
        unsigned series;
        uint64_t number;
        bool compressed;
        struct stat is;
        int size = snprintf (inner, sizeof inner, "%s/%s", path, name->d_name);
        if (*name->d_name == '.' || size >= (int)sizeof inner)
            continue;
        if (shelf_name_read (name->d_name, &series, &number, &compressed))
            add_file (self, inner, found);
        else if (depth && stat (inner, &is) == 0 && S_ISDIR (is.st_mode))
            rc = add_directory (self, inner, depth - 1, found);
    }
    closedir (names);
    return rc;
}

static int add_path (files_t *self, const char *path, unsigned depth, shelves_found_t *found)
{
    struct stat is;
    if (stat (path, &is) < 0)
        return -errno;
    if (S_ISDIR (is.st_mode))
        return add_directory (self, path, depth, found);
    add_file (self, path, found);
    return 0;
}

static int by_place (const void *a, const void *b)
{
    const file_t *one = a, *two = b;
    int order = strcmp (one->workspace, two->workspace);
    if (order || one->series != two->series)
        return order ? order : one->series < two->series ? -1 : 1;
    return one->first < two->first ? -1 : one->first > two->first;
}

/* A series counts up to where the next of its workspace begins. */
static void find_ends (files_t *self)
{
    for (size_t i = self->n; i-- > 1;) {
        const file_t *after = &self->items[i];
        file_t *file = &self->items[i - 1];
        if (strcmp (file->workspace, after->workspace) != 0)
            continue;
        file->ends = after->ends;
        if (file->series != after->series && after->first < file->ends)
            file->ends = after->first;
    }
}

/* ---- their lines */

typedef struct reading {
    shelves_fn *fn;
    void *arg;
    shelves_found_t *found;
    char workspace[NAME_SIZE];
    unsigned series;
    uint64_t told; /* the last number */
    bool stopped;
} reading_t;

static void tell (reading_t *self, const file_t *file, const json_t *line, unsigned series, uint64_t number)
{
    shelves_found_t *found = self->found;
    if (strcmp (self->workspace, file->workspace) != 0) {
        WORD_COPY (self->workspace, file->workspace);
        self->told = 0;
    }
    if (self->series != series && self->told >= number)
        self->told = number - 1; /* those of before were of a past that is left */
    self->series = series;
    if (number >= file->ends) {
        found->undone++;
        return;
    }
    if (self->told && number <= self->told) {
        found->doubles++;
        return;
    }
    if (self->told && number > self->told + 1) {
        found->gaps++;
        found->missing += number - self->told - 1;
    }
    self->told = number;
    found->events++;
    self->stopped = !self->fn (self->arg, line);
}

static void read_file (reading_t *self, const file_t *file)
{
    ndjson_t *lines = open_lines (file->path);
    bool is_line = lines != NULL;
    self->found->files++;
    while (is_line && !self->stopped) {
        unsigned series = 0;
        uint64_t number = 0;
        json_t *line = next_line (lines, &series, &number, &is_line);
        if (line)
            tell (self, file, line, series, number);
        else if (is_line)
            damage (self->found, file->path, "a line is no event");
        json_decref (line);
    }
    const char *fault = lines ? fault_of (lines, file->path) : strerror (errno);
    if (fault && !self->stopped)
        damage (self->found, file->path, fault);
    ndjson_close (&lines);
}

static int find_files (files_t *files, const char *const *paths, size_t n, shelves_found_t *found)
{
    int rc = 0;
    *found = (shelves_found_t){.files = 0};
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = add_path (files, paths[i], 1, found);
        if (rc < 0)
            snprintf (found->damage, sizeof found->damage, "%s", WORD_CUT (paths[i], 200));
    }
    if (files->n)
        qsort (files->items, files->n, sizeof *files->items, by_place);
    find_ends (files);
    return rc;
}

static void files_clear (files_t *self)
{
    for (size_t i = 0; i < self->n; i++)
        free (self->items[i].path);
    free (self->items);
}

int shelves_read (const char *const *paths, size_t n, shelves_fn *fn, void *arg, shelves_found_t *found)
{
    files_t files = {.items = NULL};
    reading_t reading = {.fn = fn, .arg = arg, .found = found};
    int rc = find_files (&files, paths, n, found);
    for (size_t i = 0; rc == 0 && i < files.n && !reading.stopped; i++)
        read_file (&reading, &files.items[i]);
    files_clear (&files);
    return rc;
}

/* ---- written anew */

typedef struct rewriting {
    shelves_change_fn *fn;
    void *arg;
    uint64_t changed; /* of this file */
} rewriting_t;

/* "." for a name alone. */
static bool folder_of (const char *path, char folder[PATH_SIZE])
{
    const char *slash = strrchr (path, '/');
    int length = slash ? (int)(slash - path) + 1 : 1;
    return snprintf (folder, PATH_SIZE, "%.*s", length, slash ? path : ".") < PATH_SIZE;
}

/* The lock of the archive whose file it is, so that none begins to write it: to be closed. -1: one writes. A file that
 * stands alone has none. */
static int hold_still (const char *path)
{
    char folder[PATH_SIZE], lock[PATH_SIZE + sizeof "/../.lock"];
    if (!folder_of (path, folder))
        return -1;
    snprintf (lock, sizeof lock, "%s/../.lock", folder);
    int fd = open (lock, O_RDWR | O_CLOEXEC); /* as some file systems want it for a lock */
    if (fd < 0)
        return errno == ENOENT ? open ("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close (fd);
    return -1;
}

static bool pour_line (rewriting_t *self, gzFile out, const char *text, size_t size)
{
    json_t *line = json_loadb (text, size, 0, NULL), *other = line ? self->fn (self->arg, line) : NULL;
    char *dumped = other ? json_dumps (other, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    const char *words = dumped ? dumped : text;
    bool fine = gzputs (out, words) >= 0 && gzputc (out, '\n') == '\n';
    self->changed += other != NULL;
    free (dumped);
    json_decref (other);
    json_decref (line);
    return fine;
}

static int pour_file (rewriting_t *self, const char *path, int in, int out)
{
    int read = dup (in), copy = dup (out), rc = 0;
    ndjson_t *lines = read < 0 ? NULL : ndjson_open (read);
    gzFile file = copy < 0 ? NULL : gzdopen (copy, is_closed (path) ? "wb" : "wbT"); /* T: as it is, not compressed */
    size_t size = 0;
    if (!lines || !file)
        rc = -EIO;
    for (const char *text; rc == 0 && (text = ndjson_next (lines, &size));)
        if (!pour_line (self, file, text, size))
            rc = -EIO;
    if (rc == 0 && fault_of (lines, path))
        rc = -EBADMSG; /* what is damaged is not made to look whole */
    if (file && gzclose (file) != Z_OK && rc == 0)
        rc = -EIO;
    ndjson_close (&lines);
    return rc < 0 ? rc : fsync (out) < 0 ? -errno : 0;
}

/* Whose the old one is may go on with the new one. */
static int hand_over (int in, int out)
{
    struct stat old, now;
    if (fstat (in, &old) < 0 || fstat (out, &now) < 0)
        return -errno;
    bool same = old.st_uid == now.st_uid && old.st_gid == now.st_gid;
    if (!same && fchown (out, old.st_uid, old.st_gid) < 0)
        return -errno;
    return fchmod (out, old.st_mode & 07777) < 0 ? -errno : 0;
}

/* The name itself is on disk. */
static int sync_folder (const char *path)
{
    char folder[PATH_SIZE];
    int fd = folder_of (path, folder) ? open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int rc = fd < 0 || fsync (fd) < 0 ? -errno : 0;
    if (fd >= 0)
        close (fd);
    return rc;
}

static int rewrite_into (rewriting_t *self, const char *path, int in, const char *part)
{
    int out = open (part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        return -errno;
    int rc = pour_file (self, path, in, out);
    if (rc == 0 && self->changed)
        rc = hand_over (in, out);
    close (out);
    if (rc == 0 && self->changed)
        return rename (part, path) < 0 ? -errno : sync_folder (path);
    unlink (part);
    return rc;
}

static int rewrite_file (rewriting_t *self, const char *path)
{
    char part[PATH_SIZE];
    self->changed = 0;
    if (snprintf (part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return -ENAMETOOLONG;
    int in = open (path, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return -errno;
    int rc = rewrite_into (self, path, in, part);
    close (in);
    return rc;
}

/* One that was not closed when its name was read. By now it may be; while we hold the lock it does not become so. */
static int rewrite_open (rewriting_t *self, const char *path, bool *written)
{
    char closed[PATH_SIZE];
    int lock = hold_still (path);
    *written = lock < 0;
    if (*written)
        return 0;
    int rc = rewrite_file (self, path);
    if (rc == -ENOENT && snprintf (closed, sizeof closed, "%s.gz", path) < (int)sizeof closed)
        rc = rewrite_file (self, closed);
    close (lock);
    return rc;
}

int shelves_rewrite (const char *const *paths, size_t n, shelves_change_fn *fn, void *arg, uint64_t *changed,
                     uint64_t *open, shelves_found_t *found)
{
    files_t files = {.items = NULL};
    rewriting_t rewriting = {.fn = fn, .arg = arg};
    int rc = find_files (&files, paths, n, found);
    *changed = *open = 0;
    for (size_t i = 0; rc == 0 && i < files.n; i++) {
        const char *path = files.items[i].path;
        bool written = false;
        rc = is_closed (path) ? rewrite_file (&rewriting, path) : rewrite_open (&rewriting, path, &written);
        *open += written;
        if (rc == 0 && !written)
            *changed += rewriting.changed;
        else if (rc < 0)
            snprintf (found->damage, sizeof found->damage, "%s", WORD_CUT (path, 200));
    }
    files_clear (&files);
    return rc;
}
