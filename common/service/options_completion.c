/* options_completion.c - a program's words and options for the completion of bash, zsh and fish, out of its tables.
 *
 * Hears: the tables. Says: a script; of one command of a program only its part of that program's script. What an option
 * wants is completed as a file: that fits all that have one, and harms none.
 */
#include "options.h"

#include <ctype.h>
#include <string.h>

/* ---- the words of a synopsis */

/* "apply FILE": apply. Lower case is said as it stands; capitals stand for something else. */
static size_t word_length (const char *at)
{
    size_t length = 0;
    while (islower ((unsigned char)at[length]) || (length && at[length] == '-'))
        length++;
    bool ends = at[length] == '\0' || strchr (" ]|", at[length]);
    return ends ? length : 0;
}

/* The beginning of the next alternative; NULL: there is none. */
static const char *next_alternative (const char *at)
{
    const char *bar = strstr (at, "| ");
    return bar ? bar + 2 : NULL;
}

static bool is_before (const char *synopsis, const char *word, size_t length)
{
    for (const char *at = synopsis; at && at < word; at = next_alternative (at))
        if (word_length (at + (*at == '[')) == length && strncmp (at + (*at == '['), word, length) == 0 &&
            at + (*at == '[') != word)
            return true;
    return false;
}

bool options_word (const options_t *self, size_t index, char word[OPTIONS_NAME_SIZE])
{
    for (const char *at = self->synopsis; at; at = next_alternative (at)) {
        const char *begin = at + (*at == '[');
        size_t length = word_length (begin);
        if (!length || length >= OPTIONS_NAME_SIZE || strncmp (begin, "options", length) == 0 ||
            is_before (self->synopsis, begin, length) || index-- > 0)
            continue;
        memcpy (word, begin, length);
        word[length] = '\0';
        return true;
    }
    return false;
}

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
    fputs ("'", out);
}

static void bash_begin (const char *program, const options_command_t *commands, FILE *out)
{
    print_function (program, out);
    fputs (" ()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local words='' options='' valued='' first=1\n    COMPREPLY=()\n",
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
    fputs ("    [[ \" $valued \" == *\" $prev \"* ]] && return\n"
           "    if [[ $cur == -* ]]; then\n        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
           "    elif ((COMP_CWORD == first)) && [[ $words ]]; then\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n    fi\n}\ncomplete -o default -F ",
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

static void zsh_options (const options_t *self, const char *indent, FILE *out)
{
    char word[OPTIONS_NAME_SIZE];
    const param_t *row;
    bool any = options_word (self, 0, word);
    fprintf (out, "%s_arguments", indent);
    for (size_t i = 0; (row = options_row (self, i)); i++) {
        fprintf (out, " \\\n%s    '--%s%s[", indent, row->name, row->kind == PARAM_SWITCH ? "" : "=");
        print_quoted (row->meaning ? row->meaning : "", true, out);
        fprintf (out, "]%s'", row->kind == PARAM_SWITCH ? "" : ":value:_files");
    }
    for (size_t i = 0; built_in[i]; i++)
        fprintf (out, " '--%s'", built_in[i]);
    if (any) {
        fprintf (out, " \\\n%s    '1:word:(", indent);
        for (size_t i = 0; options_word (self, i, word); i++)
            fprintf (out, "%s%s", i ? " " : "", word);
        fputs (")'", out);
    }
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

static void fish_line (const options_t *self, FILE *out)
{
    const char *command = command_of (self);
    fprintf (out, "complete -c %.*s", (int)strcspn (self->program, " "), self->program);
    if (command)
        fprintf (out, " -n '__fish_seen_subcommand_from %s'", command);
}

static void fish_part (const options_t *self, FILE *out)
{
    char word[OPTIONS_NAME_SIZE];
    const param_t *row;
    for (size_t i = 0; options_word (self, i, word); i++) {
        fish_line (self, out);
        fprintf (out, " -a %s\n", word);
    }
    for (size_t i = 0; (row = options_row (self, i)); i++) {
        fish_line (self, out);
        fprintf (out, " -l %s%s -d '", row->name, row->kind == PARAM_SWITCH ? "" : " -r");
        for (const char *at = row->meaning ? row->meaning : ""; *at; at++)
            fprintf (out, strchr ("'\\", *at) ? "\\%c" : "%c", *at);
        fputs ("'\n", out);
    }
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
    fprintf (out,
             "complete -c %s -n __fish_use_subcommand -f -a 'help completion'\n"
             "complete -c %s -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n",
             program, program);
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
