/* room_page.c - the board as a document, made once for all who ask for as much of it at about the same time.
 *
 * It holds until the next flush, at most PAGE_MS: what changes behind it is told by that flush. One of the usual size
 * is kept, and one of another. */
#include "room.h"

#include "xmalloc.h"

#include <stdio.h>

enum { PAGE_MS = 100 };

static void forget (page_t *self)
{
    http_bytes_destroy (&self->event);
    free (self->text);
    *self = (page_t){.text = NULL};
}

void room_forget_pages (room_t *self)
{
    for (size_t i = 0; i < ROOM_PAGES; i++)
        forget (&self->pages[i]);
}

static page_t *page_of (room_t *self, size_t limit)
{
    page_t *page = &self->pages[limit != BOARD_LIMIT];
    mono_ms_t now = room_mono (self);
    if (page->text && page->limit == limit && now < page->at + PAGE_MS)
        return page;
    forget (page);
    *page = (page_t){.limit = limit, .at = now};
    page->text = board_page (self->board, self->told, room_now (self), limit, &page->size);
    return page;
}

const char *room_page (room_t *self, size_t limit, size_t *size)
{
    const page_t *page = page_of (self, limit);
    *size = page->size;
    return page->text;
}

http_bytes_t *room_page_event (room_t *self, size_t limit)
{
    page_t *page = page_of (self, limit);
    char *text = NULL;
    size_t size;
    if (page->event)
        return page->event;
    FILE *out = xcheck (open_memstream (&text, &size));
    sse_write (out, "board", self->told, page->text, page->size);
    fclose (out);
    page->event = http_bytes_new (text, size);
    free (text);
    return page->event;
}
