/* archive.h - events leave the store: as files, to a webhook. */
#ifndef BUCKSTOP_ARCHIVE_H
#define BUCKSTOP_ARCHIVE_H

#include "service.h"

/* The parameters, and the service's state while it runs. `arg` of every function of archive_kind. */
typedef struct archive_params {
    const char *directory;        /* DIR/WORKSPACE/SERIES-NUMBER.ndjson[.gz]; "": no files */
    const char *webhook, *secret; /* CloudEvents are posted there, signed with that key; "": nowhere, unsigned */
    const char *secrets;          /* directory of signing keys */
    bool without_texts;           /* subjects, texts and reasons stay in the store, and go with it */
    const char *name;             /* in key_archives: by it this archive is waited for */
    int64_t file_mb, file_age; /* a file is closed, and compressed, at that size, or so many seconds after it began */
    int64_t threads;
    struct archive *self; /* from start to stop */
} archive_params_t;

extern archive_params_t archive_params; /* what the command line fills */
extern const service_kind_t archive_kind;

#endif
