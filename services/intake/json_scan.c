/* json_scan.c - how deep JSON text is nested: one pass, no memory. What is no JSON is left to the parser. */
#include "json_scan.h"

typedef struct scan {
    size_t depth;
    bool in_string, escaped;
} scan_t;

static void scan_string (scan_t *self, char c)
{
    if (self->escaped)
        self->escaped = false;
    else if (c == '\\')
        self->escaped = true;
    else if (c == '"')
        self->in_string = false;
}

static void scan_byte (scan_t *self, char c)
{
    if (self->in_string)
        scan_string (self, c);
    else if (c == '"')
        self->in_string = true;
    else if (c == '{' || c == '[')
        self->depth++;
    else if ((c == '}' || c == ']') && self->depth)
        self->depth--;
}

bool json_too_deep (const void *bytes, size_t size, size_t max, json_place_t *place)
{
    const char *text = bytes;
    scan_t scan = {.depth = 0};
    *place = (json_place_t){1, 0};
    for (size_t i = 0; i < size; i++) {
        place->column++;
        scan_byte (&scan, text[i]);
        if (scan.depth > max)
            return true;
        if (text[i] == '\n')
            *place = (json_place_t){place->line + 1, 0};
    }
    return false;
}
