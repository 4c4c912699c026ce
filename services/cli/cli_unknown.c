/* cli_unknown.c - the first word is no command: what was perhaps meant.
 *
 * Hears: the word; the table of commands, and by their synopses the words that stand behind them. Says: on stderr the
 * commands that have this very word ("accept": act accept), else the command or the word that is near.
 */
#include "commands.h"
#include "meant.h"
#include "options.h"
#include "xmalloc.h"

#include <string.h>

enum { VERBS_MAX = 128, SAID_SIZE = 256 };

typedef struct verb {
    const char *name; /* points to text; first, for word_nearest */
    const command_t *command;
    char text[OPTIONS_NAME_SIZE];
} verb_t;

static size_t find_verbs (verb_t verbs[VERBS_MAX])
{
    size_t n = 0;
    for (const command_t *row = commands; row->name; row++) {
        const options_t options = {.program = row->name, .synopsis = row->synopsis};
        for (size_t i = 0; n < VERBS_MAX && options_word (&options, i, verbs[n].text); i++, n++) {
            verbs[n].name = verbs[n].text;
            verbs[n].command = row;
        }
    }
    return n;
}

/* "'buckstop people import' or 'buckstop customer import'": all that have it. */
static bool say_verbs (const verb_t *verbs, size_t n, const char *name, char said[SAID_SIZE])
{
    size_t used = 0;
    for (size_t i = 0; i < n && used < SAID_SIZE; i++)
        if (strcmp (verbs[i].name, name) == 0)
            used += (size_t)snprintf (said + used, SAID_SIZE - used, "%s'buckstop %s %s'", used ? " or " : "",
                                      verbs[i].command->name, name);
    return used > 0;
}

int cli_unknown (const char *word)
{
    char said[SAID_SIZE];
    size_t commands_n = 0;
    verb_t *verbs = xcalloc (VERBS_MAX, sizeof *verbs);
    size_t n = find_verbs (verbs);
    while (commands[commands_n].name)
        commands_n++;
    const char *near = word_nearest (word, commands, commands_n, sizeof *commands);
    const char *verb = near ? NULL : word_nearest (word, verbs, n, sizeof *verbs);
    bool found = say_verbs (verbs, n, word, said) || (verb && say_verbs (verbs, n, verb, said));
    if (!found && near)
        snprintf (said, sizeof said, "'%s'", near);
    free (verbs);
    if (found || near)
        return cli_fail (CLI_USAGE, "there is no command '%.60s'; did you mean %s? 'buckstop help' lists all", word,
                         said);
    return cli_fail (CLI_USAGE, "there is no command '%.60s'; 'buckstop help' lists them", word);
}
