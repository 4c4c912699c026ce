/* policy_uses.c - files that a policy uses, in the text of the policy.
 *
 * Whoever reads a policy from disk puts them behind it; who parses it needs no disk. A '---' at the beginning of a line
 * ends a document whatever stands around it, so that lines are counted without a look at what they say.
 *
 * Limits: USES_MAX files. */
#include "policy_yaml.h"
#include "xmalloc.h"

#include <stdio.h>
#include <string.h>

enum { USES_MAX = 63 };
static const char mark[] = "---\nfile: \"";

/* Would it be one line between quotes? */
static bool is_plain (const char *name)
{
    for (const unsigned char *at = (const unsigned char *)name; *at; at++)
        if (*at < ' ' || *at == 0x7f || *at == '"' || *at == '\\')
            return false;
    return *name && strlen (name) < ADDRESS_SIZE;
}

static bool is_there (const node_t *root, const char *name)
{
    for (const node_t *file = root->next; file; file = file->next)
        if (file->kind == NODE_MAP && file->first && file->first->value && strcmp (file->first->value->text, name) == 0)
            return true;
    return false;
}

static void add (char **names, size_t *n, const char *name)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp (names[i], name) == 0)
            return;
    if (*n < USES_MAX && is_plain (name))
        names[(*n)++] = xstrdup (name);
}

char **policy_uses (const char *text, size_t length)
{
    struct policy_arena *arena = arena_new ();
    policy_errors_t errors = {0};
    char **names = xcalloc (USES_MAX + 1, sizeof *names);
    size_t n = 0;
    const node_t *root = tree_parse (arena, text, length, &errors);
    const node_t *channels = root ? yaml_value (root, "channels") : NULL;
    for (const node_t *word = channels && channels->kind == NODE_MAP ? channels->first : NULL; word;
         word = word->next) {
        const node_t *use = yaml_value (word->value, "use");
        if (use && use->kind == NODE_TEXT && !is_there (root, use->text))
            add (names, &n, use->text);
    }
    const node_t *people = root ? yaml_value (root, "people_from") : NULL;
    if (people && people->kind == NODE_TEXT && !is_there (root, people->text))
        add (names, &n, people->text);
    policy_errors_clear (&errors);
    arena_destroy (&arena);
    return names;
}

/* The word that names the file; NULL: none does. */
static const node_t *naming (const node_t *root, const char *file)
{
    const node_t *channels = root ? yaml_value (root, "channels") : NULL;
    const node_t *found = root ? yaml_value (root, "people_from") : NULL;
    if (found && found->kind == NODE_TEXT && strcmp (found->text, file) == 0)
        return found;
    for (const node_t *word = channels && channels->kind == NODE_MAP ? channels->first : NULL; word;
         word = word->next) {
        found = yaml_value (word->value, "use");
        if (found && found->kind == NODE_TEXT && strcmp (found->text, file) == 0)
            return found;
    }
    return NULL;
}

void policy_uses_fail (const char *text, size_t length, const char *file, const char *why, policy_errors_t *errors)
{
    struct policy_arena *arena = arena_new ();
    policy_errors_t others = {0};
    const node_t *at = naming (tree_parse (arena, text, length, &others), file);
    tree_error (errors, at ? at->line : 1, at ? at->column : 1,
                "a file that can be read; its name counts from the policy's own directory", "%s", why);
    policy_errors_clear (&others);
    arena_destroy (&arena);
}

char *policy_people_file (const char *text, size_t length)
{
    struct policy_arena *arena = arena_new ();
    policy_errors_t errors = {0};
    const node_t *root = tree_parse (arena, text, length, &errors);
    const node_t *people = root ? yaml_value (root, "people_from") : NULL;
    char *file = people && people->kind == NODE_TEXT && is_plain (people->text) ? xstrdup (people->text) : NULL;
    policy_errors_clear (&errors);
    arena_destroy (&arena);
    return file;
}

static bool is_mark (const char *at, const char *end)
{
    return end - at >= 3 && memcmp (at, "---", 3) == 0 && (end - at == 3 || strchr (" \t\r\n", at[3]));
}

/* A file may begin with '---' itself, behind comments: here its document has begun. */
static char *own_mark (char *at, char *end)
{
    while (at < end && (*at == '#' || *at == '\n' || *at == '\r')) {
        char *stop = memchr (at, '\n', (size_t)(end - at));
        at = stop ? stop + 1 : end;
    }
    return at < end && is_mark (at, end) ? at : NULL;
}

char *policy_append_used (const char *text, size_t length, const char *file, const char *bytes, size_t size,
                          size_t *new_length)
{
    size_t room = length + size + strlen (file) + sizeof mark + 8;
    char *whole = xmalloc (room);
    if (length)
        memcpy (whole, text, length);
    size_t at = length;
    at += (size_t)snprintf (whole + at, room - at, "%s%s%s\"\n", length && text[length - 1] != '\n' ? "\n" : "", mark,
                            file);
    if (size)
        memcpy (whole + at, bytes, size);
    char *begun = own_mark (whole + at, whole + at + size);
    if (begun)
        *begun = '#';
    at += size;
    if (size && whole[at - 1] != '\n')
        whole[at++] = '\n';
    whole[at] = '\0';
    *new_length = at;
    return whole;
}

/* Where what the text holds of that file begins, and where it ends; NULL: it holds none. */
static const char *find_used (const char *text, const char *end, const char *file, const char **behind)
{
    const char *begin = NULL;
    size_t length = strlen (file);
    *behind = end;
    for (const char *at = text; at < end;) {
        bool marked = (size_t)(end - at) > sizeof mark + length && memcmp (at, mark, sizeof mark - 1) == 0;
        if (begin && is_mark (at, end)) {
            *behind = at;
            return begin;
        }
        const char *name = at + sizeof mark - 1;
        if (marked && memcmp (name, file, length) == 0 && name[length] == '"')
            begin = at;
        const char *stop = memchr (at, '\n', (size_t)(end - at));
        at = stop ? stop + 1 : end;
    }
    return begin;
}

char *policy_replace_used (const char *text, size_t length, const char *file, const char *bytes, size_t size,
                           size_t *new_length)
{
    const char *end = text + length, *behind, *begin = find_used (text, end, file, &behind);
    if (!begin)
        return policy_append_used (text, length, file, bytes, size, new_length);
    size_t head = (size_t)(begin - text), tail = (size_t)(end - behind);
    char *others = xmalloc (head + tail + 1);
    memcpy (others, text, head);
    memcpy (others + head, behind, tail);
    char *whole = policy_append_used (others, head + tail, file, bytes, size, new_length);
    free (others);
    return whole;
}

bool policy_place (const char *text, size_t length, int line, char file[ADDRESS_SIZE], int *own_line)
{
    const char *end = text + length;
    bool inside = false;
    int number = 1;
    file[0] = '\0';
    for (const char *at = text; at < end && number <= line; number++) {
        const char *name = at + sizeof mark - 1;
        if ((size_t)(end - at) >= sizeof mark && memcmp (at, mark, sizeof mark - 1) == 0) {
            size_t size = strcspn (name, "\"\n");
            inside = size < ADDRESS_SIZE && number + 1 <= line;
            if (inside) {
                memcpy (file, name, size);
                file[size] = '\0';
                *own_line = line - number - 1;
            }
        }
        const char *stop = memchr (at, '\n', (size_t)(end - at));
        at = stop ? stop + 1 : end;
    }
    if (*file && *own_line < 1)
        *own_line = 1;
    return *file != '\0';
}
