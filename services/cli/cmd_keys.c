/* cmd_keys.c - buckstop keys: the keys by which processes know each other on their links.
 *
 * Says: which files were made; one a name. Keys that are there stay: whoever runs it again adds what is missing. */
#include "commands.h"

#include "bus.h"
#include "option_checks.h"

#include <string.h>

#define ALL_NAMES "intake,routing,escalation,notification,console,archive,cli"

typedef struct making {
    const cli_t *cli;
    const char *directory, *names;
    bool next;
    json_t *made;
} making_t;

static bool is_name (const char *name)
{
    size_t size = strlen (name);
    return size > 0 && size < NAME_SIZE &&
           size == strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}

static int make_one (const making_t *self, const char *name)
{
    char file[NAME_SIZE + sizeof ".next"], why[DETAIL_SIZE];
    if (!is_name (name))
        return cli_fail (CLI_USAGE, "--names: '%.64s' is no name; letters, digits, - and _ are", name);
    snprintf (file, sizeof file, "%s%s", name, self->next ? ".next" : "");
    int rc = bus_keys_make (self->directory, file, why);
    if (rc < 0)
        return cli_fail (CLI_NO, "%s", why);
    if (self->cli->json)
        json_array_append_new (self->made, json_pack ("{s:s, s:b}", "name", file, "made", rc));
    else
        printf ("%s  %s/%s.key  %s/public/%s.pub\n", rc ? "made " : "there", self->directory, file, self->directory,
                file);
    return CLI_FINE;
}

static int make_all (const making_t *self)
{
    int rc = CLI_FINE;
    for (const char *at = self->names; rc == CLI_FINE && *at; at += *at == ',') {
        char name[NAME_SIZE + 1];
        size_t size = strcspn (at, ",");
        snprintf (name, sizeof name, "%.*s", (int)size, at);
        if (size)
            rc = make_one (self, name);
        at += size;
    }
    return rc;
}

int cmd_keys (cli_t *cli, const command_t *command, int argc, char **argv)
{
    making_t self = {.cli = cli};
    const param_t own[] = {
        {"dir", PARAM_STRING, NULL, 0, 0, &self.directory, "folder of the keys; it is made where it is not"},
        {"names", PARAM_STRING, ALL_NAMES, 0, 0, &self.names, "whose, with commas between"},
        {"next", PARAM_SWITCH, "no", 0, 0, &self.next, "those that will follow the present ones: NAME.next.key"},
        {NULL},
    };
    int rc = cli_options (cli, command, own, argc, argv);
    if (rc != CLI_GO)
        return rc;
    if (strcmp (cli->words[0], "new") != 0)
        return cli_fail (CLI_USAGE, "keys %.64s: only 'new' is known; see 'buckstop help keys'", cli->words[0]);
    if (!self.directory || !*self.directory)
        return cli_fail (CLI_USAGE, "--dir is missing; example: %s", command->example);
    self.made = json_array ();
    rc = make_all (&self);
    if (rc == CLI_FINE && cli->json)
        cli_print_json (self.made);
    json_decref (self.made);
    return rc;
}
