/* policy_builtin.h - what holds where a policy says nothing: ladder, channels, words. Pure. For policy*.c alone. */
#ifndef BUCKSTOP_POLICY_BUILTIN_H
#define BUCKSTOP_POLICY_BUILTIN_H

#include "policy.h"

#define POLICY_MAIL_FROM "buckstop@localhost" /* nobody's address: who answers mails says another */

#define POLICY_DEFAULT_LADDER "default"

extern const policy_ladder_t policy_builtin_ladder;

extern const policy_channel_t policy_builtin_channels[];
extern const size_t policy_builtin_channels_n;

/* A purpose each, and "message": that the customer of a contact wrote again, to whoever has it. */
enum { POLICY_TEMPLATES = 15 };
extern const policy_template_t policy_builtin_templates[POLICY_TEMPLATES];

#endif
