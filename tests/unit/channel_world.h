/* channel_world.h - a policy that uses one description, and payloads from files, for tests of channels. */
#ifndef BUCKSTOP_CHANNEL_WORLD_H
#define BUCKSTOP_CHANNEL_WORLD_H

#include "channel_in.h"
#include "xmalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static inline char *world_read (const char *folder, const char *name, size_t *size)
{
    char path[1024];
    snprintf (path, sizeof path, "%s/%s/%s", TESTS_DIR, folder, name);
    FILE *file = fopen (path, "re");
    if (!file)
        fail_msg ("%s can't be read", path);
    char *bytes = xcalloc (1024 * 1024, 1);
    *size = fread (bytes, 1, 1024 * 1024 - 1, file);
    fclose (file);
    return bytes;
}

/* The channel `there` of a policy that uses that text; settings: lines "name: value". */
static inline policy_t *world_policy (const char *description, size_t size, const char *settings)
{
    char text[2048];
    size_t length;
    policy_errors_t errors = {0};
    snprintf (text, sizeof text,
              "workspace: desk\nlast_resort: ann\nlinks: https://buck.example\npeople: { ann: {} }\n"
              "channels: { there: { use: \"x.yaml\", settings: { %s } } }\n",
              settings);
    char *whole = policy_append_used (text, strlen (text), "x.yaml", description, size, &length);
    policy_t *policy = policy_parse (whole, length, &errors);
    if (!policy)
        fail_msg ("line %d: %s; expected: %s", errors.items[0].line, errors.items[0].what, errors.items[0].expected);
    policy_errors_clear (&errors);
    free (whole);
    return policy;
}

static inline policy_t *world_shipped (const char *name, const char *settings)
{
    size_t size;
    char *text = world_read ("../deploy/channels", name, &size);
    policy_t *policy = world_policy (text, size, settings);
    free (text);
    return policy;
}

/* The fields of a form, given as a JSON object, as a browser sends them. */
static inline char *world_form (const char *json, size_t *size)
{
    char why[DETAIL_SIZE];
    json_t *fields = pick_json (json, *size, why), *value;
    GString *form = g_string_new (NULL);
    const char *name;
    json_object_foreach (fields, name, value)
    {
        char *key = g_uri_escape_string (name, NULL, FALSE);
        char *word = g_uri_escape_string (json_string_value (value), NULL, FALSE);
        g_string_append_printf (form, "%s%s=%s", form->len ? "&" : "", key, word);
        g_free (key);
        g_free (word);
    }
    json_decref (fields);
    *size = form->len;
    return g_string_free (form, FALSE);
}

#endif
