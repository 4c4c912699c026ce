/* audit_read.h - reads all that the store holds of a workspace, and has each record judged. */
#ifndef BUCKSTOP_AUDIT_READ_H
#define BUCKSTOP_AUDIT_READ_H

#include "audit_judge.h"
#include "cli.h"

typedef struct audit_counts {
    uint64_t contacts, open, people, deliveries, dead, timers, promises;
} audit_counts_t;

/* One walk. False: the store went away, or Ctrl-C. Nothing stands still meanwhile: a finding of one walk is a suspect. */
bool audit_read (cli_t *cli, const char *workspace, audit_findings_t *findings, audit_counts_t *counts);

#endif
