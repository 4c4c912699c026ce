/* policy_builtin.h - what holds where a policy says nothing: ladder, channels, words. Pure. For policy*.c alone. */
#ifndef BUCKSTOP_POLICY_BUILTIN_H
#define BUCKSTOP_POLICY_BUILTIN_H

#include "policy.h"

#define POLICY_DEFAULT_LADDER "default"

extern const policy_ladder_t policy_builtin_ladder;

extern const policy_channel_t policy_builtin_channels[];
extern const size_t policy_builtin_channels_n;

/* In the order of purposes. */
enum { POLICY_TEMPLATES = 12 };
extern const policy_template_t policy_builtin_templates[POLICY_TEMPLATES];

#endif
