/* options_man.c - a program's page for man(1), out of the tables that its options are read by.
 *
 * Hears: the tables. Says: roff with the macros of man(7). What stands in a table is text, never a command of roff.
 */
#include "options.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { TITLE_SIZE = 96 };

static bool is_command (const options_t *self)
{
    return strchr (self->program, ' ') != NULL;
}

void options_roff (const char *text, FILE *out)
{
    bool begins = true;
    for (const char *at = text; *at; at++) {
        if (begins && (*at == '.' || *at == '\''))
            fputs ("\\&", out);
        begins = *at == '\n';
        if (*at == '\\')
            fputs ("\\e", out);
        else if (*at == '-')
            fputs ("\\-", out);
        else if (*at == '\'')
            fputs ("\\(aq", out);
        else
            fputc (*at, out);
    }
}

/* "buckstop watch" is the page buckstop-watch. */
static void title_of (const options_t *self, char title[TITLE_SIZE])
{
    snprintf (title, TITLE_SIZE, "%s", self->program);
    for (char *at = title; *at; at++)
        *at = *at == ' ' ? '-' : *at;
}

static void print_lines (const char *text, FILE *out)
{
    fputs (".nf\n", out);
    options_roff (text, out);
    fputs ("\n.fi\n", out);
}

static void print_head (const options_t *self, FILE *out)
{
    char title[TITLE_SIZE], upper[TITLE_SIZE];
    title_of (self, title);
    snprintf (upper, sizeof upper, "%s", title);
    for (char *at = upper; *at; at++)
        *at = (char)toupper ((unsigned char)*at);
    fputs (".TH \"", out);
    options_roff (upper, out);
    fprintf (out, "\" %d \"\" \"buckstop %s\" \"buckstop\"\n.SH NAME\n", is_command (self) ? 1 : 8, BUCKSTOP_VERSION);
    options_roff (title, out);
    fputs (" \\- ", out);
    options_roff (self->summary, out);
    fputs ("\n.SH SYNOPSIS\n.B ", out);
    options_roff (self->program, out);
    fputc ('\n', out);
    options_roff (self->synopsis ? self->synopsis : "[options]", out);
    fputc ('\n', out);
}

static void print_row (const param_t *row, FILE *out)
{
    static const char *const shapes[] = {
        [PARAM_STRING] = " \\fIVALUE\\fR", [PARAM_NUMBER] = " \\fINUMBER\\fR", [PARAM_SWITCH] = ""};
    fputs (".TP\n\\fB\\-\\-", out);
    options_roff (row->name, out);
    fprintf (out, "\\fR%s\n", shapes[row->kind]);
    options_roff (row->meaning ? row->meaning : "", out);
    if (row->kind == PARAM_NUMBER)
        fprintf (out, "\n(%" PRId64 "..%" PRId64 ", default %s)", row->min, row->max, row->fallback);
    else if (row->kind == PARAM_STRING && row->fallback && *row->fallback) {
        fputs ("\n(default ", out);
        options_roff (row->fallback, out);
        fputc (')', out);
    }
    fputc ('\n', out);
}

static void print_options (const options_t *self, FILE *out)
{
    static const param_t built_in[] = {
        {"check", PARAM_SWITCH, NULL, 0, 0, NULL, options_check_meaning},
        {"help", PARAM_SWITCH, NULL, 0, 0, NULL, "print what this page says, and end"},
        {"man", PARAM_SWITCH, NULL, 0, 0, NULL, "print this page for man(1), and end"},
        {"version", PARAM_SWITCH, NULL, 0, 0, NULL, "print the version, and end"},
        {NULL},
    };
    const param_t *row;
    fputs (".SH OPTIONS\n", out);
    for (size_t i = 0; (row = options_row (self, i)); i++)
        print_row (row, out);
    for (row = built_in; row->name; row++)
        print_row (row, out);
}

static void print_environment (const options_t *self, FILE *out)
{
    char name[OPTIONS_NAME_SIZE];
    const param_t *first = options_row (self, 0);
    if (!first)
        return;
    fputs (".SH ENVIRONMENT\nEach option may also be set in the environment, under its name in capitals:\n\\fB\\-\\-",
           out);
    options_roff (first->name, out);
    fprintf (out, "\\fR as \\fB%s\\fR.\nAn argument counts before it.\n", options_environment (first, name));
    if (is_command (self))
        fputs ("A token is read from \\fBBUCKSTOP_TOKEN\\fR, or from the file that \\fB\\-\\-token\\-file\\fR names.\n",
               out);
}

static void print_status (const options_t *self, FILE *out)
{
    static const char *const of_command[][2] = {{"0", "fine"},
                                                {"1", "the answer is no: refused, or something was found"},
                                                {"2", "unusable arguments"},
                                                {"3", "it can not be reached, or not now: try again"},
                                                {NULL, NULL}};
    static const char *const of_service[][2] = {{"0", "ended as it was told to"},
                                                {"1", "it failed; the last line of its log says why"},
                                                {"2", "unusable arguments"},
                                                {NULL, NULL}};
    fputs (".SH EXIT STATUS\n", out);
    for (const char *const(*row)[2] = is_command (self) ? of_command : of_service; (*row)[0]; row++) {
        fprintf (out, ".TP\n.B %s\n", (*row)[0]);
        options_roff ((*row)[1], out);
        fputc ('\n', out);
    }
}

void options_man (const options_t *self, FILE *out)
{
    print_head (self, out);
    fputs (".SH DESCRIPTION\n", out);
    options_roff (self->summary, out);
    fputc ('\n', out);
    if (self->notes) {
        fputs (".PP\n", out);
        print_lines (self->notes, out);
    }
    print_options (self, out);
    print_environment (self, out);
    print_status (self, out);
    if (self->example) {
        fputs (".SH EXAMPLES\n", out);
        print_lines (self->example, out);
    }
    fprintf (out, ".SH SEE ALSO\n.BR buckstop (1)\n");
}
