/* backup.h - a backup is a directory: dump.rdb, as Redis itself writes it at one moment, and backup.json, what it is. */
#ifndef BUCKSTOP_BACKUP_H
#define BUCKSTOP_BACKUP_H

#include "cli.h"

#define BACKUP_DUMP     "dump.rdb"
#define BACKUP_MANIFEST "backup.json"
enum { BACKUP_HASH_SIZE = 65, BACKUP_PATH_SIZE = 4096, BACKUP_BLOCK = 256 * 1024 };

/* "DIR/NAME"; NULL: it is too long, and that was said. */
const char *backup_path (char path[BACKUP_PATH_SIZE], const char *directory, const char *name);
/* Said on standard error, once it has lasted two seconds and then once a second; `all` 0: not known. */
typedef struct backup_progress {
    const char *what;
    mono_ms_t began, said;
} backup_progress_t;
void backup_progress (backup_progress_t *self, uint64_t done, uint64_t all);
/* Nothing has come for two seconds: says what is waited for. */
void backup_waits (const char *what);
/* Waits for a descriptor, so many milliseconds at most, and says so meanwhile. False: it is not ready. */
bool backup_ready (int fd, short events, int64_t ms, const char *what);
/* BLAKE2b-256 of a file, in hex. False: said. */
bool backup_hash (const char *path, char hex[BACKUP_HASH_SIZE], uint64_t *size);

#endif
