/* policy_file.h - SIGHUP applies the policy file, as 'buckstop policy apply' does. */
#ifndef BUCKSTOP_POLICY_FILE_H
#define BUCKSTOP_POLICY_FILE_H

#include "service.h"

/* path is kept; NULL or "": there is none, and who asks for it hears so. What became of it is said in the log; a bad file
 * changes nothing. */
void policy_file_follow (service_t *service, const char *path);
/* For --check: it can be read, and holds a policy without an error; else a line for each. */
param_look_fn policy_file_look;

#endif
