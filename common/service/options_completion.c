/* options_completion.c - a program's words and options for the completion of bash, zsh and fish, out of its tables.
 *
 * Hears: the tables. Says: a script; of one command of a program only its part of that program's script. What an option
 * wants is completed as a file: that fits all that have one, and harms none; unless it takes names that the program itself
 * can tell (param_t's `values`): then it is asked, when somebody presses TAB.
 */
#include "options.h"

#include <string.h>

enum { WORD_PLACES = 4 }; /* so many words of a command are looked at */

/* What the command is called among others; the program's own name when it has none. */
static const char *command_of (const options_t *self)
{
    const char *space = strchr (self->program, ' ');
    return space ? space + 1 : NULL;
}

/* A function's name in a shell. */
static void print_function (const char *program, FILE *out)
{
    fputc ('_', out);
    for (const char *at = program; *at; at++)
        fputc (*at == '-' ? '_' : *at, out);
}

/* Within single quotes; and, for zsh, where ':' and brackets mean something. */
static void print_quoted (const char *text, bool zsh, FILE *out)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs ("'\\''", out);
        else if (zsh && strchr ("[]:\\", *text))
            fprintf (out, "\\%c", *text);
        else
            fputc (*text == '\n' ? ' ' : *text, out);
    }
}

static const char *const built_in[] = {"check", "help", "man", "version", NULL};

/* ---- bash */

static void bash_options (const options_t *self, FILE *out)
{
    char word[OPTIONS_NAME_SIZE];
    const param_t *row;
    fputs ("words='", out);
    for (size_t i = 0; options_word (self, i, word); i++)
        fprintf (out, "%s%s", i ? " " : "", word);
    fputs ("' options='", out);
    for (size_t i = 0; (row = options_row (self, i)); i++)
        fprintf (out, "--%s ", row->name);
    for (size_t i = 0; built_in[i]; i++)
        fprintf (out, "%s--%s", i ? " " : "", built_in[i]);
    fputs ("' valued='", out);
    for (size_t i = 0; (row = options_row (self, i)); i++)
        if (row->kind != PARAM_SWITCH)
            fprintf (out, "--%s ", row->name);
    fputs ("' named='", out);
    for (size_t i = 0; (row = options_row (self, i)); i++)
        if (row->values)
            fprintf (out, "--%s=%s ", row->name, row->values);
    fprintf (out, "' places='%s'", self->words ? self->words : "");
}

static void bash_begin (const char *program, const options_command_t *commands, FILE *out)
{
    print_function (program, out);
    fputs (" ()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local words='' options='' valued='' named='' places='' first=1 place row before=''\n    COMPREPLY=()\n",
           out);
    if (!commands)
        return;
    fputs ("    if ((COMP_CWORD == 1)); then\n        COMPREPLY=($(compgen -W '", out);
    for (; commands->name; commands++)
        fprintf (out, "%s ", commands->name);
    fputs ("help completion' -- \"$cur\"))\n        return\n    fi\n    first=2\n    case ${COMP_WORDS[1]} in\n", out);
}

static void bash_end (const char *program, bool commands, FILE *out)
{
    if (commands)
        fputs ("    completion) words='bash zsh fish' ;;\n    esac\n", out);
    fputs ("    for row in $named; do\n        [[ ${row%%=*} == \"$prev\" ]] || continue\n"
           "        [[ $cur == *,* ]] && before=${cur%,*},\n"
           "        COMPREPLY=($(compgen -P \"$before\" -W \"$(\"${COMP_WORDS[0]}\" completion values \"${row#*=}\" "
           "2>/dev/null)\" -- \"${cur##*,}\"))\n        return\n    done\n"
           "    [[ \" $valued \" == *\" $prev \"* ]] && return\n"
           "    if [[ $cur == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
           "    elif ((COMP_CWORD == first)) && [[ $words ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "    elif place=($places) && place=${place[COMP_CWORD-first]-} && [[ $place && $place != - ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$(\"${COMP_WORDS[0]}\" completion values \"$place\" 2>/dev/null)\" -- "
           "\"$cur\"))\n    fi\n}\ncomplete -o default -F ",
           out);
    print_function (program, out);
    fprintf (out, " %s\n", program);
}

static void bash_part (const options_t *self, FILE *out)
{
    const char *command = command_of (self);
    if (!command) {
        bash_begin (self->program, NULL, out);
        fputs ("    ", out);
        bash_options (self, out);
        fputc ('\n', out);
        bash_end (self->program, false, out);
        return;
    }
    fprintf (out, "    %s) ", command);
    bash_options (self, out);
    fputs (" ;;\n", out);
}

/* ---- zsh */

/* A word that is a name of ours, by its place. */
static void zsh_places (const options_t *self, const char *indent, FILE *out)
{
    char values[OPTIONS_NAME_SIZE];
    for (size_t i = 0; i < WORD_PLACES; i++)
        if (options_word_values (self, i, values))
            fprintf (out, " \\\n%s    '%zu:%s:{compadd - ${(f)\"$(buckstop completion values %s 2>/dev/null)\"}}'",
                     indent, i + 1, values, values);
}

static void zsh_options (const options_t *self, const char *indent, FILE *out)
{
    char word[OPTIONS_NAME_SIZE];
    const param_t *row;
    bool any = options_word (self, 0, word);
    fprintf (out, "%s_arguments", indent);
    for (size_t i = 0; (row = options_row (self, i)); i++) {
        fprintf (out, " \\\n%s    '--%s%s[", indent, row->name, row->kind == PARAM_SWITCH ? "" : "=");
        print_quoted (row->meaning ? row->meaning : "", true, out);
        fputc (']', out);
        if (row->values)
            fprintf (out, ":%s:{_sequence compadd - ${(f)\"$(buckstop completion values %s 2>/dev/null)\"}}",
                     row->values, row->values);
        fprintf (out, "%s'", row->values || row->kind == PARAM_SWITCH ? "" : ":value:_files");
    }
    for (size_t i = 0; built_in[i]; i++)
        fprintf (out, " '--%s'", built_in[i]);
    if (any) {
        fprintf (out, " \\\n%s    '1:word:(", indent);
        for (size_t i = 0; options_word (self, i, word); i++)
            fprintf (out, "%s%s", i ? " " : "", word);
        fputs (")'", out);
    }
    zsh_places (self, indent, out);
    fputs (" '*:file:_files'\n", out);
}

static void zsh_begin (const char *program, const options_command_t *commands, FILE *out)
{
    fprintf (out, "#compdef %s\n", program);
    print_function (program, out);
    fputs (" ()\n{\n", out);
    if (!commands)
        return;
    fputs ("    local -a commands\n    commands=(", out);
    for (; commands->name; commands++) {
        fprintf (out, "\n        '%s:", commands->name);
        print_quoted (commands->summary, true, out);
        fputc ('\'', out);
    }
    fputs ("\n        'help:the page of a command'\n        'completion:a script for a shell'\n    )\n"
           "    if ((CURRENT == 2)); then\n        _describe command commands\n        return\n    fi\n"
           "    shift words\n    ((CURRENT--))\n    case $words[1] in\n",
           out);
}

static void zsh_end (const char *program, bool commands, FILE *out)
{
    if (commands)
        fputs ("    help) _describe command commands ;;\n    completion) _values shell bash zsh fish ;;\n    esac\n",
               out);
    fputs ("}\n", out);
    print_function (program, out);
    fputs (" \"$@\"\n", out);
}

static void zsh_part (const options_t *self, FILE *out)
{
    const char *command = command_of (self);
    if (!command) {
        zsh_begin (self->program, NULL, out);
        zsh_options (self, "    ", out);
        zsh_end (self->program, false, out);
        return;
    }
    fprintf (out, "    %s)\n", command);
    zsh_options (self, "        ", out);
    fputs ("        ;;\n", out);
}

/* ---- fish */

/* Only as the first word: another command has the same one further on, perhaps. Without the end quote. */
static void fish_where (const char *command, FILE *out)
{
    fprintf (out, " -n 'set -l words (commandline -opc); test \"$words[2]\" = %s", command);
}

static void fish_line (const options_t *self, FILE *out)
{
    const char *command = command_of (self);
    fprintf (out, "complete -c %.*s", (int)strcspn (self->program, " "), self->program);
    if (command) {
        fish_where (command, out);
        fputc ('\'', out);
    }
}

static void fish_places (const options_t *self, FILE *out)
{
    char values[OPTIONS_NAME_SIZE];
    const char *command = command_of (self);
    for (size_t i = 0; command && i < WORD_PLACES; i++) {
        if (!options_word_values (self, i, values))
            continue;
        fprintf (out, "complete -c %.*s", (int)strcspn (self->program, " "), self->program);
        fish_where (command, out);
        fprintf (out, "; and test (count $words) -eq %zu' -f -a \"(buckstop completion values %s 2>/dev/null)\"\n",
                 i + 2, values);
    }
}

static void fish_each_word (const options_t *self, FILE *out)
{
    char word[OPTIONS_NAME_SIZE];
    for (size_t i = 0; options_word (self, i, word); i++)
        fprintf (out, " %s", word);
}

/* One of them, once. */
static void fish_words (const options_t *self, FILE *out)
{
    char word[OPTIONS_NAME_SIZE];
    const char *command = command_of (self);
    if (!command || !options_word (self, 0, word))
        return;
    fprintf (out, "complete -c %.*s", (int)strcspn (self->program, " "), self->program);
    fish_where (command, out);
    fputs ("; and not __fish_seen_subcommand_from", out);
    fish_each_word (self, out);
    fputs ("' -a '", out);
    fish_each_word (self, out);
    fputs ("'\n", out);
}

static void fish_part (const options_t *self, FILE *out)
{
    const param_t *row;
    fish_words (self, out);
    for (size_t i = 0; (row = options_row (self, i)); i++) {
        fish_line (self, out);
        fprintf (out, " -l %s%s -d '", row->name, row->kind == PARAM_SWITCH ? "" : " -r");
        for (const char *at = row->meaning ? row->meaning : ""; *at; at++)
            fprintf (out, strchr ("'\\", *at) ? "\\%c" : "%c", *at);
        fputs ("'", out);
        if (row->values)
            fprintf (out, " -f -a \"(__fish_complete_list , 'buckstop completion values %s 2>/dev/null')\"",
                     row->values);
        fputs ("\n", out);
    }
    fish_places (self, out);
    for (size_t i = 0; built_in[i]; i++) {
        fish_line (self, out);
        fprintf (out, " -l %s\n", built_in[i]);
    }
}

static void fish_begin (const char *program, const options_command_t *commands, FILE *out)
{
    for (; commands && commands->name; commands++) {
        fprintf (out, "complete -c %s -n __fish_use_subcommand -f -a %s -d '", program, commands->name);
        for (const char *at = commands->summary; *at; at++)
            fprintf (out, strchr ("'\\", *at) ? "\\%c" : "%c", *at);
        fputs ("'\n", out);
    }
    fprintf (out, "complete -c %s -n __fish_use_subcommand -f -a 'help completion'\ncomplete -c %s", program, program);
    fish_where ("completion", out);
    fputs ("' -f -a 'bash zsh fish'\n", out);
}

static void fish_end (const char *program, bool commands, FILE *out)
{
    (void)program, (void)commands, (void)out;
}

/* ---- which shell */

typedef struct shell {
    const char *name;
    void (*part) (const options_t *self, FILE *out);
    void (*begin) (const char *program, const options_command_t *commands, FILE *out);
    void (*end) (const char *program, bool commands, FILE *out);
} shell_t;

static const shell_t *shell_of (const char *name)
{
    static const shell_t shells[] = {{"bash", bash_part, bash_begin, bash_end},
                                     {"zsh", zsh_part, zsh_begin, zsh_end},
                                     {"fish", fish_part, fish_begin, fish_end}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp (shells[i].name, name) == 0)
            return &shells[i];
    return NULL;
}

bool options_completion (const options_t *self, const char *shell, FILE *out)
{
    const shell_t *found = shell_of (shell);
    if (found)
        found->part (self, out);
    return found != NULL;
}

void options_completion_begin (const char *program, const options_command_t *commands, const char *shell, FILE *out)
{
    shell_of (shell)->begin (program, commands, out);
}

void options_completion_end (const char *program, const char *shell, FILE *out)
{
    shell_of (shell)->end (program, true, out);
}
