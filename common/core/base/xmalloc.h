/* xmalloc.h - allocation that ends the process when memory is out: nothing of value is only in memory. */
#ifndef BUCKSTOP_XMALLOC_H
#define BUCKSTOP_XMALLOC_H

#include <stdlib.h>
#include <string.h>

static inline void *xcheck (void *memory)
{
    if (!memory)
        abort ();
    return memory;
}

static inline void *xmalloc (size_t size)
{
    return xcheck (malloc (size ? size : 1));
}

static inline void *xcalloc (size_t n, size_t size)
{
    return xcheck (calloc (n ? n : 1, size ? size : 1));
}

static inline void *xrealloc (void *memory, size_t size)
{
    return xcheck (realloc (memory, size ? size : 1));
}

static inline char *xstrdup (const char *text)
{
    return (char *)xcheck (strdup (text));
}

static inline void *xmemdup (const void *bytes, size_t size)
{
    void *copy = xmalloc (size);
    if (size)
        memcpy (copy, bytes, size);
    return copy;
}

#endif
