/* policy_yaml_out.h - what the files that read `out:` share. For policy_yaml_out*.c alone. */
#ifndef BUCKSTOP_POLICY_YAML_OUT_H
#define BUCKSTOP_POLICY_YAML_OUT_H

#include "channel_out.h"
#include "policy_yaml.h"

enum { OUT_SLOT_NAME_SIZE = 64 };

/* A text whose slots are all among the names (NULL-terminated) or settings; NULL: said. */
const char *yaml_out_template (reader_t *self, const char *what, const node_t *value, const char *const *names);
/* The slots of a URL or a body: those of channel_out.h and {secret}. */
void yaml_out_slots (const char *names[OUT_SLOTS_MAX]);
bool yaml_out_is_header (const char *text);
yaml_read_fn yaml_out_url;    /* const char * */
yaml_read_fn yaml_out_header; /* const char *: the name of a header */
yaml_read_fn yaml_out_auth;   /* at channel_out_t.auth */
/* The secret of a URL or a body stands there, and no other does. */
void yaml_out_check_url (reader_t *self, const node_t *at, const channel_out_t *out);
void yaml_out_check_body (reader_t *self, const node_t *at, const channel_out_t *out);

#endif
