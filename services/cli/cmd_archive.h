/* cmd_archive.h - what `archive read` and `report` share. */
#ifndef BUCKSTOP_CMD_ARCHIVE_H
#define BUCKSTOP_CMD_ARCHIVE_H

#include "cli.h"
#include "shelves.h"

/* The files that the words from `first` on name. CLI_FINE, or said: a file that is not there, or damaged. */
int archive_read (const cli_t *cli, int first, shelves_fn *fn, void *arg);
/* "2026-05-02" or "2026-05-02T10:00:00Z"; NULL: 0. CLI_GO, or said. */
int archive_times (const char *from, const char *to, wall_ms_t *from_at, wall_ms_t *to_at);

#endif
