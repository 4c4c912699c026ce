/* heap.c - malloc for the simulation: a day asks for a hundred million small pieces, one thread, and ends with them.
 *
 * Pieces of one size class are kept in a list of their own when they are freed, and taken from there again; nothing is
 * put together, nothing goes back to the system but what is larger than the largest class. Not thread-safe, which is
 * well: nothing that is linked here makes a thread. Left out under AddressSanitizer, which looks for what is used after
 * it was freed. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define HEAP_OFF
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAP_OFF
#endif
#endif

#ifndef HEAP_OFF

enum {
    STEP = 16,        /* between two small classes; what malloc's pieces are aligned to */
    SMALL_MAX = 1024, /* above it each class is twice as large as the one before */
    SMALL = SMALL_MAX / STEP,
    LARGE_CLASSES = 11, /* up to 2 MB */
    CLASSES = SMALL + LARGE_CLASSES,
    CHUNK = 4 << 20,
    OWN_MAP = CLASSES /* as the class of what is larger: from the system, and back to it */
};

/* Stands before each piece. */
typedef struct head {
    uint32_t class;
    uint32_t shift; /* from where the piece would begin to where it begins: it was wanted aligned */
    size_t size;    /* room for so much */
} head_t;
_Static_assert(sizeof (head_t) == STEP, "pieces are aligned by it");

typedef struct spare {
    struct spare *next;
} spare_t;

static spare_t *spares[CLASSES];
static char *chunk;
static size_t chunk_left;

static char *from_system (size_t size)
{
    void *found = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return found == MAP_FAILED ? NULL : found;
}

static unsigned class_of (size_t size, size_t *room)
{
    unsigned class = (unsigned)(size ? (size - 1) / STEP : 0);
    if (class < SMALL) {
        *room = (class + 1) * (size_t)STEP;
        return class;
    }
    *room = 2 * SMALL_MAX;
    for (class = SMALL; class < CLASSES && *room < size; class ++)
        *room *= 2;
    return class;
}

static char *cut (size_t size)
{
    if (chunk_left < size) { /* the rest of the old one is lost: at most half of it, and seldom */
        chunk = from_system (CHUNK);
        chunk_left = chunk ? CHUNK : 0;
    }
    if (!chunk)
        return NULL;
    char *piece = chunk;
    chunk += size;
    chunk_left -= size;
    return piece;
}

static void *take (size_t size)
{
    size_t room;
    unsigned class = class_of (size, &room);
    if (class < CLASSES && spares[class]) {
        spare_t *spare = spares[class];
        spares[class] = spare->next;
        return spare;
    }
    if (size > PTRDIFF_MAX - sizeof (head_t)) {
        errno = ENOMEM;
        return NULL;
    }
    room = class < CLASSES ? room : size;
    head_t *head = (head_t *)(class < CLASSES ? cut (sizeof *head + room) : from_system (sizeof *head + room));
    if (!head)
        return NULL;
    *head = (head_t){.class = class, .size = room};
    return head + 1;
}

static head_t *head_of (void *piece)
{
    head_t *head = (head_t *)piece - 1;
    return head->shift ? (head_t *)((char *)head - head->shift) : head;
}

static void give_back (void *piece)
{
    if (!piece)
        return;
    head_t *head = head_of (piece);
    if (head->class == OWN_MAP) {
        munmap (head, sizeof *head + head->size);
        return;
    }
    spare_t *spare = (spare_t *)(head + 1);
    spare->next = spares[head->class];
    spares[head->class] = spare;
}

static size_t room_of (void *piece)
{
    const head_t *head = head_of (piece);
    return head->size - (size_t)((char *)piece - (const char *)(head + 1));
}

static void *take_aligned (size_t align, size_t size)
{
    if (align <= STEP || size > PTRDIFF_MAX - align)
        return take (size);
    char *piece = take (size + align);
    size_t off = piece ? (size_t)(-(uintptr_t)piece & (align - 1)) : 0;
    if (off)
        ((head_t *)(piece + off))[-1] = (head_t){.shift = (uint32_t)off};
    return piece ? piece + off : NULL;
}

/* --- what the C library offers -------------------------------------------------------------------------------- */

void *malloc (size_t size)
{
    return take (size);
}

void free (void *piece)
{
    give_back (piece);
}

void *calloc (size_t n, size_t size)
{
    size_t all;
    if (__builtin_mul_overflow (n, size, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    void *piece = take (all);
    return piece ? memset (piece, 0, all) : NULL;
}

void *realloc (void *piece, size_t size)
{
    if (piece && size && size <= room_of (piece))
        return piece;
    void *made = size || !piece ? take (size) : NULL;
    if (made && piece)
        memcpy (made, piece, room_of (piece));
    if (made || !size)
        give_back (piece);
    return made;
}

void *memalign (size_t align, size_t size)
{
    return take_aligned (align, size);
}

void *aligned_alloc (size_t align, size_t size)
{
    return take_aligned (align, size);
}

int posix_memalign (void **piece, size_t align, size_t size)
{
    *piece = take_aligned (align, size);
    return *piece ? 0 : ENOMEM;
}

size_t malloc_usable_size (void *piece)
{
    return piece ? room_of (piece) : 0;
}

#endif
