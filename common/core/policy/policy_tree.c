/* policy_tree.c - the text of a policy as a tree of nodes, by libfyaml's events.
 *
 * Events are the stage before a document: nothing is ever resolved, so an alias bomb is a few tokens, and the
 * limits of policy_tree.h are checked before anything grows. libfyaml stops at its first error of syntax;
 * what it says is collected, not printed. All else is listed to the end. */
#include "policy_tree.h"
#include "policy_tree_words.h"
#include "wire.h"
#include "xmalloc.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct frame {
    node_t *node;
    node_t *last;     /* the newest kid */
    bool wants_value; /* MAP: `last` is a key without its value */
    bool skip_value;  /* its key was refused */
    int column;       /* of that key, or of the list */
} frame_t;

typedef struct builder {
    const char *text, *end;
    struct policy_arena *arena;
    policy_errors_t *errors;
    frame_t frames[TREE_DEPTH_MAX];
    int depth;
    node_t *root, *last_root; /* of the first document, and of the newest */
    unsigned documents;
    int line, column; /* of the event at hand */
    bool stop;
} builder_t;

void tree_error (policy_errors_t *errors, int line, int column, const char *expected, const char *what, ...)
{
    if (errors->n >= TREE_ERRORS_MAX)
        return;
    errors->items = xrealloc (errors->items, (errors->n + 1) * sizeof *errors->items);
    policy_error_t *error = &errors->items[errors->n++];
    *error = (policy_error_t){.line = line, .column = column};
    snprintf (error->expected, sizeof error->expected, "%s", expected);
    va_list args;
    va_start (args, what);
    vsnprintf (error->what, sizeof error->what, what, args);
    va_end (args);
}

static void say (builder_t *self, const char *expected, const char *what)
{
    tree_error (self->errors, self->line, self->column, expected, "%s", what);
}

static bool is_nothing (struct fy_token *token, const char *text, size_t length)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (token && fy_token_scalar_style (token) != FYSS_PLAIN)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen (words[i]) == length && memcmp (words[i], text, length) == 0)
            return true;
    return false;
}

static node_t *node_new (builder_t *self, node_kind_t kind)
{
    node_t *node = arena_alloc (self->arena, sizeof *node);
    *node = (node_t){.kind = kind, .line = self->line, .column = self->column, .text = ""};
    return node;
}

/* Is the key fit to be one? */
static bool key_is_well (builder_t *self, const frame_t *frame, const node_t *key)
{
    if (key->kind != NODE_TEXT) {
        say (self, "a word, then a colon", "a key that is not a word");
        return false;
    }
    if (strcmp (key->text, "<<") == 0) {
        say (self, "the keys themselves", "a merge key '<<', which policies do not have");
        return false;
    }
    for (const node_t *other = frame->node->first; other; other = other->next)
        if (other->length == key->length && memcmp (other->text, key->text, key->length) == 0) {
            tree_error (self->errors, self->line, self->column, "each key once", "'%s' again: it is already in line %d",
                        key->text, other->line);
            return false;
        }
    return true;
}

static void link_kid (builder_t *self, frame_t *frame, node_t *node)
{
    if (frame->node->n == TREE_KIDS_MAX) {
        say (self, "at most 4096 entries", "a list or map that is too long");
        self->stop = true;
        return;
    }
    if (frame->last)
        frame->last->next = node;
    else
        frame->node->first = node;
    frame->last = node;
    frame->node->n++;
}

/* Gives the node its place under the one that is open. */
static void place (builder_t *self, node_t *node)
{
    frame_t *frame = self->depth ? &self->frames[self->depth - 1] : NULL;
    if (!frame || !frame->node) {
        if (self->root)
            self->last_root->next = node;
        else
            self->root = node;
        self->last_root = node;
        return;
    }
    if (frame->node->kind == NODE_LIST) {
        link_kid (self, frame, node);
    } else if (frame->wants_value) {
        if (!frame->skip_value)
            frame->last->value = node;
        frame->wants_value = false;
    } else {
        frame->wants_value = true;
        frame->column = node->column;
        frame->skip_value = !key_is_well (self, frame, node);
        if (!frame->skip_value)
            link_kid (self, frame, node);
    }
}

/* A block of lines that is not indented more than its key is no YAML, but libfyaml takes it, and hands out a text of
 * which it never wrote a part. */
static bool is_shallow (const builder_t *self, struct fy_token *token)
{
    enum fy_scalar_style style = token ? fy_token_scalar_style (token) : FYSS_PLAIN;
    const struct fy_mark *mark = token ? fy_token_start_mark (token) : NULL;
    if ((style != FYSS_LITERAL && style != FYSS_FOLDED) || !mark || self->depth == 0)
        return false;
    int spaces = 0;
    for (const char *at = self->text + mark->input_pos; at < self->end && strchr (" \r\n", *at); at++)
        spaces = *at == ' ' ? spaces + 1 : 0;
    return spaces < self->frames[self->depth - 1].column;
}

static void on_scalar (builder_t *self, struct fy_token *token)
{
    if (is_shallow (self, token)) {
        say (self, "lines that are indented more than what they belong to", "a block of text that is not indented");
        place (self, node_new (self, NODE_REFUSED));
        return;
    }
    size_t length = 0;
    const char *text = token ? fy_token_get_text (token, &length) : "";
    if (!text)
        text = "";
    node_t *node = node_new (self, is_nothing (token, text, length) ? NODE_NOTHING : NODE_TEXT);
    enum fy_scalar_style style = token ? fy_token_scalar_style (token) : FYSS_PLAIN;
    if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
        node->column--; /* libfyaml's mark is behind the quote */
    node->plain = style == FYSS_PLAIN;
    node->text = arena_copy (self->arena, text, length);
    node->length = length;
    if (strlen (node->text) != length)
        say (self, "text", "a character that text can't have ('\\0')");
    place (self, node);
}

static void on_start (builder_t *self, node_kind_t kind)
{
    node_t *node = node_new (self, kind);
    place (self, node);
    if (self->depth == TREE_DEPTH_MAX) {
        say (self, "at most 16 levels", "lists and maps in each other, too deep");
        self->stop = true;
        return;
    }
    self->frames[self->depth++] = (frame_t){.node = node, .column = node->column};
}

static void on_document (builder_t *self)
{
    if (self->documents++ == TREE_DOCUMENTS_MAX) {
        say (self, "at most 64 documents", "too many documents");
        self->stop = true;
    }
}

/* libfyaml's mark of an anchor or an alias is behind its sign. */
static void refuse_token (builder_t *self, struct fy_token *token, int sign, const char *what)
{
    const struct fy_mark *mark = token ? fy_token_start_mark (token) : NULL;
    if (token)
        tree_error (self->errors, mark ? mark->line + 1 : self->line, mark ? mark->column + 1 - sign : self->column,
                    "the value itself", "%s, which policies do not have", what);
}

static void refuse_decoration (builder_t *self, struct fy_event *event)
{
    refuse_token (self, fy_event_get_anchor_token (event), 1, "an anchor ('&')");
    refuse_token (self, fy_event_get_tag_token (event), 0, "a tag ('!')");
}

/* A value that is not there has a mark only since libfyaml 0.8: it is told at its key with every version. */
static bool is_absent (struct fy_event *event)
{
    size_t length = 0;
    struct fy_token *token = event->type == FYET_SCALAR ? fy_event_get_token (event) : NULL;
    return token && fy_token_scalar_style (token) == FYSS_PLAIN && (!fy_token_get_text (token, &length) || !length);
}

static void on_event (builder_t *self, struct fy_event *event)
{
    const struct fy_mark *mark = is_absent (event) ? NULL : fy_event_start_mark (event);
    if (mark) {
        self->line = mark->line + 1;
        self->column = mark->column + 1;
    }
    switch (event->type) {
    case FYET_DOCUMENT_START:
        on_document (self);
        break;
    case FYET_SCALAR:
        refuse_decoration (self, event);
        on_scalar (self, fy_event_get_token (event));
        break;
    case FYET_ALIAS:
        refuse_token (self, fy_event_get_token (event), 1, "an alias ('*')");
        place (self, node_new (self, NODE_REFUSED));
        break;
    case FYET_SEQUENCE_START:
    case FYET_MAPPING_START:
        refuse_decoration (self, event);
        on_start (self, event->type == FYET_MAPPING_START ? NODE_MAP : NODE_LIST);
        break;
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        self->depth--;
        break;
    default:
        break;
    }
}

/* Only the first: what libfyaml says behind it are its echoes. */
static void collect (struct fy_diag *diag, const char *text, size_t length, policy_errors_t *errors)
{
    void *at = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate (diag, &at);
    if (e)
        tree_syntax_error (errors, text, length, e->line > 0 ? e->line : 1, e->column > 0 ? e->column : 1, e->msg);
    else
        tree_error (errors, 1, 1, "YAML", "text that can't be read as YAML");
}

static void no_output (struct fy_diag *diag, void *user, const char *text, size_t length)
{
    (void)diag, (void)user, (void)text, (void)length;
}

static void walk (builder_t *self, const char *text, size_t length)
{
    struct fy_diag_cfg words = {.output_fn = no_output, .level = FYET_ERROR, .module_mask = ~0u};
    struct fy_diag *diag = fy_diag_create (&words);
    struct fy_parse_cfg how = {
        .search_path = "", .flags = FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2, .diag = diag};
    fy_diag_set_collect_errors (diag, true);
    struct fy_parser *parser = fy_parser_create (&how);
    bool ended = false;
    if (parser && fy_parser_set_string (parser, text, length) == 0)
        for (struct fy_event *event; !self->stop && !ended && (event = fy_parser_parse (parser)) != NULL;) {
            ended = event->type == FYET_STREAM_END;
            on_event (self, event);
            fy_parser_event_free (parser, event);
            self->stop = self->stop || self->errors->n == TREE_ERRORS_MAX;
        }
    if (!ended && !self->stop) {
        collect (diag, text, length, self->errors);
        self->root = NULL; /* what was read so far may lack its rest: no errors about that */
    }
    if (parser)
        fy_parser_destroy (parser);
    fy_diag_destroy (diag);
}

/* The place of the first bytes that are not UTF-8; line 0: all are. */
static void find_bad_text (const char *text, size_t length, int *line, int *column)
{
    *line = *column = 0;
    if (utf8_valid (text, length))
        return;
    const char *at = text, *end = text + length;
    for (*line = 1;; ++*line) {
        const char *newline = memchr (at, '\n', (size_t)(end - at));
        size_t size = (size_t)((newline ? newline : end) - at), good = size;
        while (good && !utf8_valid (at, good))
            good--;
        if (good < size || !newline) {
            *column = (int)good + 1;
            return;
        }
        at = newline + 1;
    }
}

const node_t *tree_parse (struct policy_arena *arena, const char *text, size_t length, policy_errors_t *errors)
{
    builder_t self = {.text = text, .end = text + length, .arena = arena, .errors = errors, .line = 1, .column = 1};
    int line, column;
    if (length > TREE_TEXT_MAX) {
        tree_error (errors, 1, 1, "at most 1048576 bytes", "a text of %zu bytes", length);
        return NULL;
    }
    find_bad_text (text, length, &line, &column);
    if (line) {
        tree_error (errors, line, column, "UTF-8 without the zero byte", "bytes that are not text");
        return NULL;
    }
    walk (&self, text, length);
    if (!self.root && errors->n == 0)
        tree_error (errors, 1, 1, "a map with workspace, people, teams, ...", "an empty text");
    return self.stop ? NULL : self.root;
}
