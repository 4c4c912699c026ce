/* json_scan.h - how deep JSON text is nested, before a parser sees it. Pure. */
#ifndef BUCKSTOP_JSON_SCAN_H
#define BUCKSTOP_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct json_place {
    size_t line, column; /* from 1; columns are bytes */
} json_place_t;

/* True: nested deeper than max, first at *place. Brackets in strings do not count. */
bool json_too_deep (const void *bytes, size_t size, size_t max, json_place_t *place);

#endif
