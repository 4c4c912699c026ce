/* assets.h - the page's files, as CMake put them into the program (assets.cmake). */
#ifndef BUCKSTOP_ASSETS_H
#define BUCKSTOP_ASSETS_H

#include <stddef.h>

typedef struct asset {
    const char *name; /* "app.js"; NULL ends the table */
    const unsigned char *bytes;
    size_t size;
    const unsigned char *gzip;
    size_t gzip_size;
} asset_t;

extern const asset_t console_assets[];

#endif
