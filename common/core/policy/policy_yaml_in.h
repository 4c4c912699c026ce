/* policy_yaml_in.h - what the files policy_yaml_in*.c share. */
#ifndef BUCKSTOP_POLICY_YAML_IN_H
#define BUCKSTOP_POLICY_YAML_IN_H

#include "channel_in.h"
#include "policy_yaml.h"

yaml_read_fn yaml_read_pick;      /* pick_t */
yaml_read_fn yaml_read_verify;    /* signature_scheme_t */
yaml_read_fn yaml_read_challenge; /* yaml_list_t of in_challenge_t */

#endif
