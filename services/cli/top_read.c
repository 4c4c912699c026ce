/* top_read.c - a contact's story in `buckstop top`: page after page, while the screen lives on.
 *
 * Hears: intake's pages. Says: the story, once it is whole. One that is read again stays where it was looked at, or at
 * its end. One that can't be had leads back to the list; where it was there already it stays, and why is said. */
#include "top.h"

#include "lines.h"
#include "show.h"
#include "xmalloc.h"

#include <string.h>

static void say_reading (const top_t *self, char words[DETAIL_SIZE])
{
    snprintf (words, DETAIL_SIZE, "%s is read ...", short_id (self->view.chosen));
}

void top_read_show (top_t *self)
{
    top_view_t *view = &self->view;
    size_t size, line = view->line, shown = view->lines_n;
    char *text = NULL;
    bool end = shown && line && line + top_screen_text_height () >= shown;
    if (!self->story || view->page != TOP_STORY)
        return;
    FILE *out = xcheck (open_memstream (&text, &size));
    show_print (self->story, false, false, out);
    fclose (out);
    top_story_keep (view, text, top_screen_width ());
    view->line = end ? view->lines_n : line; /* the screen puts it right */
    free (text);
}

static void failed (top_t *self, const char *why)
{
    top_page_t *page = self->view.page == TOP_KEYS ? &self->view.under : &self->view.page;
    top_say (self, "%s", why);
    if (*page == TOP_STORY && !self->story)
        *page = self->view.list;
}

static void on_whole (top_t *self)
{
    char words[DETAIL_SIZE];
    json_decref (self->story);
    self->story = self->pages;
    self->pages = NULL;
    say_reading (self, words);
    if (strcmp (self->view.message, words) == 0)
        self->view.message[0] = '\0';
    top_read_show (self);
}

static void ask (top_t *self, const char *path);

static void on_page (void *arg, int status, const json_t *answer, const char *why)
{
    top_t *self = arg;
    char path[SHOW_PATH_SIZE];
    if (status != CLI_FINE) {
        failed (self, why);
        return;
    }
    show_add_page (&self->pages, answer, path);
    if (*path)
        ask (self, path);
    else
        on_whole (self);
}

static void ask (top_t *self, const char *path)
{
    top_ask_send (&self->reading, self->link, self->cli, &(cli_request_t){"GET", path}, on_page, self);
}

void top_read_begin (top_t *self)
{
    char path[SHOW_PATH_SIZE];
    if (!*self->view.chosen)
        return;
    if (self->view.page != TOP_STORY)
        top_read_end (self);
    self->view.page = TOP_STORY;
    if (!self->story)
        say_reading (self, self->view.message);
    json_decref (self->pages);
    self->pages = NULL;
    show_path (self->view.chosen, path);
    ask (self, path);
}

void top_read_end (top_t *self)
{
    top_ask_drop (&self->reading);
    json_decref (self->pages);
    json_decref (self->story);
    self->pages = self->story = NULL;
    top_story_drop (&self->view);
}
