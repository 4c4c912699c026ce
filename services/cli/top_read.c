/* top_read.c - a contact's story in `buckstop top`: page after page, while the screen lives on.
 *
 * Hears: intake's pages. Says: the story, once it is whole. One that is read again stays where it was looked at; where that
 * was its end, at the new one. One that can't be had leads back to the list; where it was there already it stays, and why
 * is said. */
#include "top.h"

#include "lines.h"
#include "show.h"
#include "xmalloc.h"

/* Where the story is open: on the screen, or under the page of keys. */
static top_page_t *place (top_t *self)
{
    return self->view.page == TOP_KEYS ? &self->view.under : &self->view.page;
}

static char *story_text (const top_t *self)
{
    char *text = NULL;
    size_t size;
    FILE *out = xcheck (open_memstream (&text, &size));
    if (self->story)
        show_print (self->story, false, false, out);
    else
        fprintf (out, "%s is read ...", short_id (self->view.chosen));
    fclose (out);
    return text;
}

void top_read_show (top_t *self)
{
    top_view_t *view = &self->view;
    size_t line = view->line;
    bool end = line && view->lines_n && line + top_screen_text_height () >= view->lines_n;
    if (view->page != TOP_STORY)
        return;
    char *text = story_text (self);
    top_story_keep (view, text, top_screen_width ());
    view->line = end ? view->lines_n : line; /* the screen puts it right */
    free (text);
}

static void failed (top_t *self, const char *why)
{
    char before[DETAIL_SIZE];
    snprintf (before, sizeof before, "%.*s", DETAIL_SIZE / 2, self->view.message); /* what was done, say */
    top_say (self, "%s%s%s", before, *before ? "; " : "", why);
    if (*place (self) == TOP_STORY && !self->story)
        *place (self) = self->view.list;
}

static void ask (top_t *self, const char *path);

static void on_page (void *arg, int status, const json_t *answer, const char *why)
{
    top_t *self = arg;
    char path[SHOW_PATH_SIZE];
    if (status != CLI_FINE || !json_is_object (answer)) {
        failed (self, status == CLI_FINE ? "intake's answer is not as expected" : why);
        return;
    }
    show_add_page (&self->pages, answer, path);
    if (*path) {
        ask (self, path);
        return;
    }
    json_decref (self->story);
    self->story = self->pages;
    self->pages = NULL;
    top_read_show (self);
}

static void ask (top_t *self, const char *path)
{
    top_ask_send (&self->reading, self->link, self->cli, &(cli_request_t){"GET", path}, on_page, self);
}

void top_read_again (top_t *self)
{
    char path[SHOW_PATH_SIZE];
    if (*place (self) != TOP_STORY)
        return;
    json_decref (self->pages);
    self->pages = NULL;
    show_path (self->view.chosen, path);
    ask (self, path);
}

void top_read_begin (top_t *self)
{
    if (!*self->view.chosen)
        return;
    if (self->view.page != TOP_STORY) {
        top_read_end (self);
        self->view.page = TOP_STORY;
        top_read_show (self);
    }
    top_read_again (self);
}

void top_read_end (top_t *self)
{
    top_ask_drop (&self->reading);
    json_decref (self->pages);
    json_decref (self->story);
    self->pages = self->story = NULL;
    top_story_drop (&self->view);
}
